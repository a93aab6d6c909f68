import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { Cleanup } from '../support/cleanup.js'
import { type Answer, type Behaviour, solved } from './hostile-buildkit.js'
import { failureOf, type HostileBuilds, prepareHostileBuilds } from './hostile-builds.js'

const cleanup = new Cleanup()
let builds: HostileBuilds

beforeAll(async () => {
  builds = await prepareHostileBuilds(cleanup)
})
afterAll(() => cleanup[Symbol.asyncDispose]())

// Time passes when a test says so: what counts is how much of it a run needs, and not how busy the machine is.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

/** Lets so much of the run's time pass, and no more: what then waits for a timer never ends. */
async function endWithin(seconds: number, outcome: Promise<unknown>): Promise<unknown> {
  await vi.advanceTimersByTimeAsync(seconds * 1000)
  return outcome
}

const silent = () => {}

/** The same behaviour, and a promise of its first use. */
function watched(behaviour: Behaviour) {
  let use = () => {}
  const used = new Promise<void>((resolve) => {
    use = resolve
  })
  const methods = Object.entries(behaviour).map(([name, answer]) => [
    name,
    (...given: Parameters<typeof answer>) => {
      use()
      return answer(...given)
    },
  ])
  return { used, behaviour: Object.fromEntries(methods) as Behaviour }
}

test.each<[what: string, host: () => string, behaviour: Behaviour]>([
  ['a BuildKit that builds', () => builds.buildKit.host, { solve: silent, status: silent }],
  ['a BuildKit that was asked for its version', () => builds.buildKit.host, { info: silent }],
  ['a BuildKit that answers nothing at all', () => builds.buildKit.host, { info: silent, workers: silent }],
  ['a Docker Engine that builds', () => builds.buildKit.engineHost, { solve: silent, status: silent }],
  ['a Docker Engine that pushes', () => builds.buildKit.engineHost, { push: silent }],
])('a run that is cancelled ends within five seconds on %s', async (_what, host, silence) => {
  const stop = new AbortController()
  const { used, behaviour } = watched(silence)
  const outcome = failureOf(builds.run({ solve: finish, ...behaviour }, { host: host(), signal: stop.signal }))
  await Promise.race([used, outcome])
  stop.abort(new Error('enough'))
  expect(await endWithin(5, outcome)).toMatchObject({ code: 'CANCELLED' })
})

test.each<[what: string, behaviour: Behaviour]>([
  ['does not return its version', { info: silent }],
  ['does not end the response with its version', { info: (answer) => answer.send(Buffer.alloc(0)) }],
])('a run gives up a BuildKit that %s, after half a minute', async (_what, silence) => {
  const { used, behaviour } = watched(silence)
  const outcome = failureOf(builds.run(behaviour))
  await Promise.race([used, outcome])
  expect(await endWithin(31, outcome)).toMatchObject({ code: expect.stringMatching(/^ENGINE_/) })
})

async function finish(answer: Answer): Promise<void> {
  await answer.send(solved({ 'containerimage.digest': `sha256:${'a'.repeat(64)}` }))
  answer.end()
}
