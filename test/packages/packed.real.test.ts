import { execFile } from 'node:child_process'
import { cp, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { writeProject } from '../../packages/create-polyarch/src/project.js'
import { busyboxImage } from '../support/busybox-image.js'
import { Cleanup } from '../support/cleanup.js'
import { packPackages } from '../support/packed-workspace.js'
import { pushTinyImage } from '../support/push-tiny.js'
import { tempFolder } from '../support/temp-folder.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BIN = join(ROOT, 'node_modules/.bin')
const run = promisify(execFile)
const cleanup = new Cleanup()
let folder: string
let tarballs: readonly string[]
let env: NodeJS.ProcessEnv

beforeAll(async () => {
  const packed = await packPackages(cleanup.use(await tempFolder('packed')).path, [
    'packages/core',
    'examples/custom-plugin',
  ])
  tarballs = Object.values(packed)
  folder = cleanup.use(await tempFolder('outside')).path
  await writeFile(join(folder, 'package.json'), '{ "private": true }')
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', ...tarballs], {
    cwd: folder,
  })
  await cp(join(ROOT, 'test/packages/outside'), folder, { recursive: true })
  await writeFile(join(folder, 'Dockerfile'), 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nARG LEAP\nRUN echo $LEAP\n')

  const registry = cleanup.use(await startRegistry({ directory: join(folder, 'registry') }))
  const files = { 'bin/zypper': { content: '#!/bin/sh\necho zypper\n', mode: 0o755 } }
  const image = await busyboxImage({ platform: { os: 'linux', architecture: 'amd64' }, files })
  await pushTinyImage({ ...registry, repository: 'leap' }, image, '15.6')
  env = { ...process.env, LEAP: `${registry.host}/leap`, REGISTRY: registry.host }
})
afterAll(() => cleanup[Symbol.asyncDispose]())

it('has manifests and types that every tool reads', async () => {
  for (const tarball of tarballs) {
    await run(join(BIN, 'publint'), ['run', '--strict', tarball])
    await run(join(BIN, 'attw'), [tarball, '--no-emoji', '--no-color'])
  }
})

it('has one copy of its code: every ES module exports what a CommonJS module has', async () => {
  const core = join(folder, 'node_modules/@polyarch/core')
  const dist = join(core, 'dist')
  const { exports } = JSON.parse(await readFile(join(core, 'package.json'), 'utf8'))
  const doors = Object.keys(exports).filter((door) => !door.endsWith('.json'))
  const modules = (await readdir(dist, { recursive: true })).filter((name) => name.endsWith('.js'))
  expect(modules.sort()).toEqual(doors.map((door) => join(door, 'index.js')).sort())
  for (const name of modules) {
    const imported = (await import(pathToFileURL(join(dist, name)).href)) as Readonly<Record<string, unknown>>
    const required: unknown = createRequire(join(dist, name))(`./${basename(name, '.js')}.cjs`)
    expect({ ...imported }).toEqual(required)
  }
})

it('type-checks a program outside of the workspace, and rejects what its plugin does not have', async () => {
  const compilerOptions = { strict: true, noEmit: true, declaration: true, target: 'ES2023', module: 'NodeNext' }
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['build.ts', 'wrong.ts', 'exported.ts'] }),
  )
  await run(join(BIN, 'tsc'), ['-p', '.'], { cwd: folder })
})

const PROGRAM = `
const hello = pipeline(process.env.REGISTRY + '/hello')
  .use(opensuse())
  .platforms(platform('amd64', { base: 'leap', release: '15.6', image: process.env.LEAP }))
  .tags('1.0')
const main = async () => {
  const { notes } = await plan(hello)
  const { outcome } = await execute(hello)
  console.log(JSON.stringify({ notes, outcome }))
}
main()
`

const ESM = `import { execute, pipeline, plan, platform } from '@polyarch/core'
import { opensuse } from 'polyarch-plugin-opensuse'`
const COMMONJS = `const { execute, pipeline, plan, platform } = require('@polyarch/core')
const { opensuse } = require('polyarch-plugin-opensuse')`
const BOTH = `import { createRequire } from 'node:module'
import { execute, pipeline, plan, platform } from '@polyarch/core'
const { opensuse } = createRequire(import.meta.url)('polyarch-plugin-opensuse')`

it.each([
  ['ESM', 'esm.mjs', ESM],
  ['CommonJS', 'commonjs.cjs', COMMONJS],
  ['ESM and CommonJS at once', 'both.mjs', BOTH],
])('runs a program outside of the workspace: %s', async (_what, name, imports) => {
  const file = join(folder, name)
  await writeFile(file, imports + PROGRAM)
  const { stdout } = await run(process.execPath, [file], { cwd: folder, env })
  expect(JSON.parse(stdout)).toEqual({
    notes: expect.arrayContaining([expect.stringContaining('its end of life was 2026-04-30')]),
    outcome: 'succeeded',
  })
})

it('has a new plugin, as npm create polyarch writes it, pass its own test', async () => {
  const name = 'polyarch-plugin-fedora'
  const templates = join(ROOT, 'packages/create-polyarch/templates')
  await writeProject({ template: 'plugin', folder: name, templates, directory: folder })
  await symlink(join(ROOT, 'node_modules/vitest'), join(folder, 'node_modules/vitest'))
  await run(join(BIN, 'tsc'), [], { cwd: join(folder, name) })
  const { stdout } = await run(join(BIN, 'vitest'), ['run', '--no-color'], {
    cwd: join(folder, name),
    env: { PATH: process.env['PATH'] },
  })
  expect(stdout).toMatch(/Tests +[1-9]\d* passed \(/)
})
