import { chmod, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from '../../scripts/setup/dependencies.mjs'
import { startCommand } from '../cli/running-command.js'
import { digestAt, type Stage, stage } from '../cli/stage.js'
import { linesOfPage } from './recipe-lines.js'

const PAGES = [
  ...['docs/ci-github.md', 'docs/ci-gitlab.md', 'docs/ci-jenkins.md', 'docs/ci-woodpecker.md'],
  'templates/polyarch.yml',
]

/** The platforms of the stage, as the recipes name them: `linux/$MACHINE`. */
const MACHINES = ['amd64', 'arm/v7']

/** A line with the values that the CI system inserts. */
function inserted(line: string, machine: string): string {
  return line
    .replaceAll('${{ matrix.platform }}', `linux/${machine}`)
    .replaceAll('$[[ inputs.file ]]', 'build.ts')
    .replaceAll('linux/arm64', 'linux/arm/v7')
}

describe.each(PAGES)('the shell lines of %s', (page) => {
  let set: Stage
  beforeAll(async () => {
    set = await stage()
    await mkdir(join(set.folder.path, 'node_modules/.bin'), { recursive: true })
    await symlink(join(ROOT, 'node_modules/tsx/dist/cli.mjs'), join(set.folder.path, 'node_modules/.bin/tsx'))
    // The packages are installed already.
    await set.folder.write({ 'bin/npm': '#!/bin/sh\n[ "$1" = ci ]\n' })
    await chmod(join(set.folder.path, 'bin/npm'), 0o755)
  })
  afterAll(() => set[Symbol.asyncDispose]())

  async function run(line: string, machine: string) {
    const env = {
      PATH: `${join(set.folder.path, 'bin')}:${process.env['PATH']}`,
      HOME: join(set.folder.path, 'home'),
      DOCKER_HOST: process.env['DOCKER_HOST'],
      ...{ CI_REGISTRY: set.host, CI_REGISTRY_USER: 'ada', CI_REGISTRY_PASSWORD: 'pa ss' },
      ...{ PLATFORM: `linux/${machine}`, MACHINE: machine, DIGESTS: '{}' },
    }
    await using command = startCommand(['sh', '-ec', inserted(line, machine)], set.folder.path, env)
    return await command.ended
  }

  it('publish the index of all platforms', async () => {
    const lines = linesOfPage(page)
    const before = lines.filter((line) => !line.includes(' assemble'))
    for (const machine of MACHINES) {
      for (const line of before) {
        const { exitCode, stderr } = await run(line, machine)
        expect({ line, exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ line, exitCode: 0, stderr: '' })
      }
    }
    expect(await digestAt(set.url, 'team/app', '1.0')).toBeUndefined()
    for (const line of lines.filter((one) => one.includes(' assemble'))) {
      expect(await run(line, 'amd64')).toMatchObject({ exitCode: 0 })
    }
    expect(await digestAt(set.url, 'team/app', '1.0')).toMatch(/^sha256:/)
  })
})
