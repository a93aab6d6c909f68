import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { connectBuilder } from '../../packages/core/src/builder/connect.js'
import type { Builder } from '../../packages/core/src/builder/port.js'
import { digestOf } from '../../packages/core/src/model/digest.js'
import { Cleanup } from '../support/cleanup.js'
import { expectHarmless } from './harmless.js'
import { hostileAnswers } from './hostile-answers.js'
import { type HostileServer, startHostileServer } from './hostile-server.js'

const SIZE = 64 * 1024
const REFERENCE = { registry: '127.0.0.1:1', repository: 'app', tag: '1' }
const AMD64 = { os: 'linux', architecture: 'amd64' }

/** The answers of an engine that is not hostile. */
const HONEST: readonly (readonly [path: RegExp, body: unknown])[] = [
  [/\/version/, { Version: '28.5.0', ApiVersion: '1.51', MinAPIVersion: '1.24', Os: 'linux', Arch: 'amd64' }],
  [/\/images\/create/, { status: 'Pull complete', id: '0123456789ab', progressDetail: { current: 1, total: 1 } }],
  [/\/distribution\//, { Descriptor: { digest: digestOf('x') } }],
]

type Operation = (engine: Builder) => Promise<unknown>

const pull: Operation = async ({ images }) => images?.pull(REFERENCE, AMD64, { signal: AbortSignal.timeout(1000) })
const lookUp: Operation = (engine) => engine.requireRegistry(REFERENCE, { signal: AbortSignal.timeout(1000) })

/** Which requests are answered by the hostile engine, and what sends them. */
const REQUESTS: readonly (readonly [what: string, path: RegExp, operation: Operation])[] = [
  ['its version', /\/version/, pull],
  ['a pull', /\/images\/create/, pull],
  ['a look-up', /\/distribution\//, lookUp],
]

const cleanup = new Cleanup()
let hostile: HostileServer

beforeAll(async () => {
  const honest = createServer((request, response) => {
    const [, body] = HONEST.find(([path]) => path.test(request.url ?? '')) ?? []
    response.writeHead(body === undefined ? 404 : 200).end(JSON.stringify(body ?? {}))
  })
  honest.listen(0, '127.0.0.1')
  await once(honest, 'listening')
  cleanup.use({ [Symbol.asyncDispose]: async () => void honest.close() })
  hostile = cleanup.use(await startHostileServer((honest.address() as AddressInfo).port))
})
afterEach(() => {
  hostile.attack = undefined
})
afterAll(() => cleanup[Symbol.asyncDispose]())

async function using(operation: Operation): Promise<unknown> {
  await using engine = connectBuilder({ host: `tcp://${hostile.host}`, env: {} })
  // Awaited here: the engine is disposed of with the return.
  return await operation(engine)
}

describe.each(REQUESTS)('an engine that answers a request for %s', (_what, path, operation) => {
  test.each(Object.entries(hostileAnswers('application/json')))('with %s', async (name, answer) => {
    const before = hostile.attacks
    hostile.attack = { path, answer }
    await expectHarmless(name, SIZE, () => using(operation))
    expect(hostile.attacks).toBeGreaterThan(before)
  })

  test('as it should is used', async () => {
    expect(await expectHarmless('honest', SIZE, () => using(operation))).toBe('done')
  })
})
