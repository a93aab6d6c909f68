import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import type { Host } from '../../src/cli/command.js'
import { main } from '../../src/cli/main.js'
import { fromImage } from '../../src/definition/declare/image-base.js'
import { type Pipeline, pipeline } from '../../src/definition/declare/pipeline.js'
import { platform } from '../../src/definition/declare/platform-declaration.js'

const cleanup = new Cleanup()
afterAll(() => cleanup[Symbol.asyncDispose]())

/** A pipeline that nothing is found out about: its Dockerfile is not there. */
async function broken() {
  const folder = cleanup.use(await tempFolder('cli'))
  return pipeline('127.0.0.1:1/team/app')
    .platforms(platform('amd64', { base: fromImage('127.0.0.1:1/bases/none@sha256:'.padEnd(94, 'a')) }))
    .build({ context: folder.path })
}

/** @param unwritable - the code of the error that writing to standard output ends with */
async function runMain(flags: readonly string[], unwritable?: string, given?: readonly Pipeline[]) {
  const written = { stdout: '', stderr: '' }
  const stream = (name: keyof typeof written) => {
    const events = new EventEmitter()
    return {
      on: events.on.bind(events),
      write(text: string) {
        if (name === 'stderr' || unwritable === undefined) written[name] += text
        else events.emit('error', Object.assign(new Error('no room'), { code: unwritable }))
      },
    }
  }
  const host: Host = {
    argv: ['node', 'build.ts', ...flags],
    env: {},
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    on: () => {},
    off: () => {},
  }
  await main(given ?? [await broken()], host)
  return { ...written, exitCode: host.exitCode }
}

function lastEvent(lines: string): object {
  return JSON.parse(lines.trimEnd().split('\n').at(-1) ?? '')
}

test('an undefined pipeline, as of modules that import each other, is reported', async () => {
  const { exitCode, stderr } = await runMain([], undefined, [undefined as never])
  expect(exitCode).toBe(2)
  expect(stderr).toContain("error: run: not a pipeline\n  hint: pass what pipeline('…') returned")
})

describe('events as JSON', () => {
  test('report the cause if a run never began', async () => {
    const missing = join('/proc', 'nowhere', 'page.html')
    const { exitCode, stderr } = await runMain(['--progress', 'json', '--report', missing])
    expect(exitCode).toBe(2)
    expect(lastEvent(stderr)).toMatchObject({ kind: 'run-finished', outcome: 'failed', error: { code: 'USAGE' } })
  })

  test('report a failure once', async () => {
    const { exitCode, stderr } = await runMain(['--progress', 'json'])
    expect(exitCode).toBe(2)
    expect(stderr.match(/"run-finished"/g)).toHaveLength(1)
    expect(lastEvent(stderr)).toMatchObject({ outcome: 'failed', error: { code: 'DEFINITION_INVALID' } })
  })
})

describe('output that cannot be written', () => {
  const flags = ['graph', '--no-plan']

  test('to who reads no more, as `head` does, is no failure', async () => {
    expect(await runMain(flags, 'EPIPE')).toEqual({ stdout: '', stderr: '', exitCode: undefined })
  })

  test('is one if a result is lost', async () => {
    const { exitCode, stderr } = await runMain(flags, 'ENOSPC')
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: 'output cannot be written: no room\n' })
  })
})
