import { expect, test } from 'vitest'
import { BuildSessions } from '../../src/builder/build/build-sessions.js'
import { BuildKitClient } from '../../src/builder/buildkit/client.js'
import { memoryDirectory } from '../../src/builder/buildkit/session/files/memory-directory.js'
import type { BuildKitSession } from '../../src/builder/buildkit/session/session.js'
import type { BuildInputs } from '../../src/builder/port.js'

/** A client whose sessions have no builder. */
class SessionsOnly extends BuildKitClient {
  readonly open = new Set<string>()
  #count = 0

  constructor() {
    super(() => Promise.reject(new Error('nothing is contacted')))
  }

  override async openSession(): Promise<BuildKitSession> {
    const id = `session ${++this.#count}`
    const { open } = this
    open.add(id)
    return {
      id,
      failures: [],
      stores: new Map(),
      get isClosed() {
        return !open.has(id)
      },
      async [Symbol.asyncDispose]() {
        open.delete(id)
      },
    }
  }
}

function inputs(): BuildInputs {
  return { directories: { context: memoryDirectory({}), dockerfile: memoryDirectory({}) }, sharedKey: 'key' }
}

test('builds with the same inputs share a session, and one that was closed is replaced', async () => {
  const client = new SessionsOnly()
  await using sessions = new BuildSessions(client, async () => undefined)
  const shared = inputs()
  const use = () => sessions.use(shared, undefined, async ({ id }) => id)
  expect(await Promise.all([use(), use()])).toEqual(['session 1', 'session 1'])
  client.open.clear()
  expect(await Promise.all([use(), use(), use()])).toEqual(['session 2', 'session 2', 'session 2'])
})

test('the four most recently used idle sessions stay open, and those in use', async () => {
  const client = new SessionsOnly()
  const sessions = new BuildSessions(client, async () => undefined)
  const first = inputs()
  await sessions.use(first, undefined, async () => {
    for (let at = 0; at < 6; at++) await sessions.use(inputs(), undefined, async () => {})
    expect([...client.open]).toEqual(['session 1', 'session 4', 'session 5', 'session 6', 'session 7'])
  })
  expect([...client.open]).toEqual(['session 1', 'session 5', 'session 6', 'session 7'])
  await sessions[Symbol.asyncDispose]()
  expect(client.open.size).toBe(0)
})
