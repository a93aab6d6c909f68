import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Host } from '../../src/cli/command.js'
import { createStandaloneProgram } from '../../src/cli/program/standalone-program.js'
import { STANDALONE_COMMANDS, withStart } from '../../src/report/text/start-line.js'

const MESSAGE = 'run `npx tsx build.ts lock`, or npx tsx build.ts doctor'
const TSX = ['--import', 'file:///app/node_modules/tsx/dist/loader.mjs']

function hostOf(argv: readonly string[], changes: Partial<Host> = {}): Host {
  const stream = { write: () => true }
  return { argv, env: {}, stdout: stream, stderr: stream, on: () => {}, off: () => {}, execArgv: [], ...changes }
}

describe('commands in messages', () => {
  it.each([
    ['tsx', hostOf(['node', resolve('build.ts')], { execArgv: TSX }), 'npx tsx build.ts'],
    [
      'tsx by a variable',
      hostOf(['node', resolve('build.ts')], { env: { NODE_OPTIONS: '--import tsx' } }),
      'npx tsx build.ts',
    ],
    ['node', hostOf(['node', resolve('build.ts')]), 'node build.ts'],
    ['node with a file below', hostOf(['node', resolve('ci/my images.ts')]), "node 'ci/my images.ts'"],
    ['polyarch', hostOf(['polyarch', resolve('images.ts')]), 'npx @polyarch/cli images.ts'],
    ['a file elsewhere', hostOf(['node', '/srv/build.ts']), 'node /srv/build.ts'],
    [
      'a program that is not Node.js itself',
      { ...hostOf(['node', 'build.ts']), execArgv: undefined },
      'npx tsx build.ts',
    ],
  ])('name %s', (_what, host, start) => {
    expect(withStart(MESSAGE, { host: host as Host })).toBe(`run \`${start} lock\`, or ${start} doctor`)
  })

  it('without a build.ts change only if the command exists there', () => {
    const context = { host: hostOf(['node', '/bin/polyarch']), isStandalone: true }
    expect(withStart(MESSAGE, context)).toBe('run `npx tsx build.ts lock`, or npx @polyarch/cli doctor')
    expect(withStart('npx tsx build.ts --help', context)).toBe('npx @polyarch/cli --help')
    const program = createStandaloneProgram(
      {
        ...context,
        pipelines: [],
        defaults: {},
        signal: AbortSignal.any([]),
        onStopping() {},
      },
      [],
    )
    const names = program.commands.map((command) => command.name())
    expect(STANDALONE_COMMANDS.filter((name) => name !== 'import').sort()).toEqual([...names].sort())
  })
})
