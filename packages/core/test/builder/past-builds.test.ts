import { expect, test } from 'vitest'
import { readPastBuilds } from '../../src/builder/build/past-builds.js'
import type { BuildKitClient } from '../../src/builder/buildkit/client.js'
import type { BuildRecord } from '../../src/builder/buildkit/control-schema.js'
import { GrpcError, GrpcStatus } from '../../src/builder/buildkit/grpc/grpc-error.js'

function record(name: string, seconds: number, change: Partial<BuildRecord> = {}): BuildRecord {
  return {
    FrontendAttrs: { platform: 'linux/arm64/v8' },
    Exporters: [{ Type: 'image', Attrs: { name } }],
    error: null,
    CreatedAt: { seconds: 100, nanos: 0 },
    CompletedAt: { seconds: 100 + seconds, nanos: 500_000_000 },
    ...change,
  }
}

function buildKitWith(history: () => AsyncIterable<BuildRecord>): BuildKitClient {
  return { control: async () => ({ history }) } as unknown as BuildKitClient
}

test('reads the longest time of each image and platform, of builds that succeeded', async () => {
  const buildKit = buildKitWith(async function* () {
    yield record('localhost:5000/app', 3)
    yield record('localhost:5000/app:polyarch-1', 8)
    yield record('localhost:5000/app', 5)
    yield record('localhost:5000/other', 1, { FrontendAttrs: { platform: 'linux/amd64' } })
    yield record('localhost:5000/failed', 1, { error: { code: 2 } })
    yield record('localhost:5000/running', 1, { CompletedAt: null })
    yield record('localhost:5000/none', 1, { FrontendAttrs: {} })
    yield record('Not a name', 1)
  })
  const past = await readPastBuilds(buildKit, undefined)
  expect([...past]).toEqual([
    ['localhost:5000/app linux/arm64', 8500],
    ['localhost:5000/other linux/amd64', 1500],
  ])
})

test('a history without end is read in part', async () => {
  let sent = 0
  const buildKit = buildKitWith(async function* () {
    for (;;) yield record(`localhost:5000/app${sent++}`, 1)
  })
  await readPastBuilds(buildKit, undefined)
  expect(sent).toBe(10_000)
})

test.each([
  ['has no history', new GrpcError(GrpcStatus.unimplemented, 'unknown method')],
  ['is lost', Object.assign(new Error('reset'), { code: 'ECONNRESET' })],
])('a BuildKit that %s remembers no builds', async (_what, error) => {
  const buildKit = buildKitWith(async function* () {
    yield record('localhost:5000/app', 1)
    throw error
  })
  expect((await readPastBuilds(buildKit, undefined)).size).toBe(1)
})

test('cancelling ends it', async () => {
  const stop = AbortSignal.abort(new Error('enough'))
  const buildKit = buildKitWith(async function* () {
    yield record('localhost:5000/app', 1)
    throw stop.reason
  })
  await expect(readPastBuilds(buildKit, stop)).rejects.toThrow('enough')
})
