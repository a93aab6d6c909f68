import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT, readText, repositoryFiles } from './repository.js'

/** The hosts from which this machine installs packages. They differ between machines, so no file may contain them. */
function packageHosts(): readonly string[] {
  const registry = execFileSync('npm', ['config', 'get', 'registry'], { cwd: ROOT, encoding: 'utf8' })
  const urls = [registry, ...aptSources()].join('\n').match(/\bhttps?:\/\/[^\s/]+/g) ?? []
  return [...new Set(urls.map((url) => new URL(url).hostname))]
}

function aptSources(): readonly string[] {
  const folder = '/etc/apt/sources.list.d'
  const parts = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []
  return ['/etc/apt/sources.list', ...parts]
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, 'utf8'))
}

test('no file contains the host of a package registry or mirror', () => {
  const hosts = packageHosts()
  expect(hosts.length).toBeGreaterThan(0)
  const naming = repositoryFiles(/./).flatMap((file) => {
    const text = readText(file)
    return hosts.filter((host) => text.includes(host)).map((host) => `${file} names ${host}`)
  })
  expect(naming).toEqual([])
})
