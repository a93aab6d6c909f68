import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildStatus } from '../../packages/core/src/builder/buildkit/status.js'
import { digestOf } from '../../packages/core/src/model/digest.js'
import { Cleanup } from '../support/cleanup.js'
import { type Answer, type Behaviour, solved } from './hostile-buildkit.js'
import { failureOf, type HostileBuilds, prepareHostileBuilds } from './hostile-builds.js'

const cleanup = new Cleanup()
let builds: HostileBuilds

beforeAll(async () => {
  builds = await prepareHostileBuilds(cleanup)
})
afterAll(() => cleanup[Symbol.asyncDispose]())

const refuse = (answer: Answer) => answer.end(2, 'refused')
const silent = () => {}

/** Answers with one message. */
const sending = (message: Uint8Array) => async (answer: Answer) => {
  await answer.send(message)
  answer.end()
}

/** Sends a message until the client has gone. */
async function endless(answer: Answer, message: (at: number) => Uint8Array): Promise<void> {
  for (let at = 0; answer.isOpen; at++) {
    await answer.send(message(at))
    if (at % 100 === 0) await nextTurn()
  }
}

const TIME = { seconds: 1, nanos: 0 }
const step = (name: string) => ({ digest: name, name, started: TIME })

/** What is in use after a collection: resident memory depends on when that happens, and on other tests. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

describe('a BuildKit with endless or invalid answers', () => {
  test.each<[what: string, behaviour: Behaviour, code: string]>([
    ['a version that is no message', { info: sending(Buffer.from([0x0a, 0xff])) }, 'ENGINE_REJECTED'],
    ['an endless version', { info: (answer) => endless(answer, () => Buffer.alloc(0)) }, 'ENGINE_REJECTED'],
    ['a version of 4 GB', { info: (answer) => answer.raw(Buffer.from([0, 255, 255, 255, 255])) }, 'ENGINE_REJECTED'],
    ['workers that are no message', { workers: sending(Buffer.alloc(9, 0x0b)) }, 'ENGINE_REJECTED'],
    ['a compressed result', { solve: (answer) => answer.raw(Buffer.from([1, 0, 0, 0, 0])) }, 'BUILD_FAILED'],
    ['a result that is no message', { solve: sending(Buffer.alloc(99, 0xff)) }, 'BUILD_FAILED'],
    ['no result', { solve: (answer) => answer.end() }, 'BUILD_FAILED'],
    [
      'an error without sense',
      { solve: (answer) => answer.end(99, '%zz%00\u001b'.replace(/[^ -~]/g, '')) },
      'BUILD_FAILED',
    ],
    ['a reset', { solve: (answer) => answer.stream.close(8) }, 'ENGINE_UNREACHABLE'],
    ['the end of the connection', { solve: (answer) => answer.stream.session?.destroy() }, 'ENGINE_UNREACHABLE'],
    [
      'reports that are no message',
      { solve: silent, status: (answer) => answer.send(Buffer.alloc(9, 0xff)) },
      'BUILD_FAILED',
    ],
    [
      'a report of 4 GB',
      { solve: silent, status: (answer) => answer.raw(Buffer.alloc(5, 0).fill(255, 1)) },
      'BUILD_FAILED',
    ],
    [
      'steps without end',
      {
        solve: silent,
        status: (answer) =>
          endless(answer, (at) =>
            buildStatus.encode({ vertexes: Array.from({ length: 1000 }, (_, more) => step(`${at} ${more}`)) }),
          ),
      },
      'BUILD_FAILED',
    ],
    [
      'names of steps without end',
      {
        solve: silent,
        status: (answer) =>
          endless(answer, (at) => buildStatus.encode({ vertexes: [step(`${at}`.padEnd(4_000_000, 'x'))] })),
      },
      'BUILD_FAILED',
    ],
    [
      'warnings without end',
      {
        solve: silent,
        status: (answer) =>
          endless(answer, () =>
            buildStatus.encode({ warnings: Array.from({ length: 1000 }, () => ({ summary: Buffer.from('x') })) }),
          ),
      },
      'BUILD_FAILED',
    ],
  ])('ends with an error: %s', async (_what, behaviour, code) => {
    expect(await failureOf(builds.run({ solve: refuse, ...behaviour }))).toMatchObject({ code })
  })

  test('a build that prints without end takes bounded memory, and ends when it is cancelled', async () => {
    const stop = new AbortController()
    const log = buildStatus.encode({
      vertexes: [step('a')],
      logs: [{ vertex: 'a', stream: 1, data: Buffer.alloc(64 * 1024, 'x') }],
    })
    let sent = 0
    let held = 0
    const before = heldBytes()
    const running = builds.run(
      {
        solve: silent,
        status: (answer) =>
          endless(answer, () => {
            sent += log.byteLength
            if (sent > 300 * 1024 * 1024 && !stop.signal.aborted) {
              held = heldBytes() - before
              stop.abort(new Error('enough'))
            }
            return log
          }),
      },
      { signal: stop.signal },
    )
    expect(await failureOf(running)).toMatchObject({ code: 'CANCELLED' })
    expect(held / 2 ** 20).toBeLessThan(100)
  })

  test.each<[what: string, digest: string, code: string]>([
    ['no digest', '', 'PUSH_FAILED'],
    ['a path', `sha256:../../../../etc/passwd`, 'PUSH_FAILED'],
    ['an image that it has not pushed', digestOf('elsewhere'), 'NOT_FOUND'],
  ])('a result that names %s is not published', async (_what, digest, code) => {
    const solve = async (answer: Answer) => {
      await answer.send(solved(digest === '' ? {} : { 'containerimage.digest': digest, __proto__: 'x' }))
      answer.end()
    }
    expect(await failureOf(builds.run({ solve }))).toMatchObject({ code })
    expect((await fetch(`${builds.server.url}/v2/app/manifests/1`)).status).toBe(404)
  })
})
