import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import Docker from 'dockerode'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startBuildKitRelay } from '../../../../../test/support/buildkit-relay.js'
import { makeCertificate, makeSignedCertificate } from '../../../../../test/support/certificate.js'
import { Cleanup } from '../../../../../test/support/cleanup.js'
import { type DebianRegistry, startDebianRegistry } from '../../../../../test/support/debian-registry.js'
import { type NewerEngine, newerEngine } from '../../../../../test/support/newer-engine.js'
import { tempFolder } from '../../../../../test/support/temp-folder.js'
import { connectBuildKit } from '../../../src/builder/buildkit/index.js'
import { connectBuilder } from '../../../src/builder/connect.js'
import { buildFor, buildOnce, printed, pushBase } from '../engines.js'

const cleanup = new Cleanup()
let engine: NewerEngine
let registry: DebianRegistry
let base: string
let folder: string

const buildHere = buildFor(() => registry.host)

beforeAll(async () => {
  engine = cleanup.use(await newerEngine())
  registry = cleanup.use(await startDebianRegistry())
  folder = cleanup.use(await tempFolder('relay')).path
  base = await pushBase(registry)
})

afterAll(() => cleanup[Symbol.asyncDispose]())

/** Builds with files, a secret and output, and checks that each arrives. */
async function buildsCompletely(host: string, certificates?: string): Promise<void> {
  await using builder = connectBuilder({ host, certificates, env: {} })
  const content = randomBytes(300_000)
  const command = 'sha256sum /content | cut -c 1-64; cat /run/secrets/token'
  const events = await buildOnce(
    builder,
    buildHere(`FROM ${base}\nCOPY content /\nRUN --mount=type=secret,id=token ${command}\n`, {
      files: { content },
      secrets: { token: () => Buffer.from('s3cret') },
    }),
  )
  expect(printed(events)).toBe(`${createHash('sha256').update(content).digest('hex')}\ns3cret`)
}

test('an engine that serves gRPC on its own socket is not upgraded', async () => {
  const path = join(folder, 'grpc.sock')
  await using relay = await startBuildKitRelay(engine.socketPath, { as: 'grpc-engine', path })
  await buildsCompletely(`unix://${path}`)
  expect(relay.served).toContain('grpc')
  expect(relay.served).not.toContain('POST /grpc')
  expect(relay.served).not.toContain('POST /session')
})

test('an engine that serves gRPC over TLS is not upgraded', async () => {
  await using own = await tempFolder('relay-tls')
  const authority = await makeCertificate(own.path)
  const certificates = await makeSignedCertificate(authority, join(own.path, 'signed'))
  const { certificate: cert, key } = authority
  await using relay = await startBuildKitRelay(engine.socketPath, {
    as: 'grpc-engine',
    tls: { cert, key, ca: cert, requestCert: true, rejectUnauthorized: true, ALPNProtocols: ['h2', 'http/1.1'] },
  })
  await buildsCompletely(`tcp://127.0.0.1:${relay.port}`, certificates)
  expect(relay.served).toContain('grpc')
})

test.each(['refused', 'ignored'] as const)('an engine is upgraded behind a proxy where HTTP/2 is %s', async (http2) => {
  const path = join(folder, `${http2}.sock`)
  await using relay = await startBuildKitRelay(engine.socketPath, { as: 'grpc-engine', path, http2 })
  await buildsCompletely(`unix://${path}`)
  expect(relay.served).toContain('POST /grpc')
})

test('a connection of dockerode uses gRPC on the engine’s own socket if it is there', async () => {
  const path = join(folder, 'door.sock')
  await using relay = await startBuildKitRelay(engine.socketPath, { as: 'grpc-engine', path })
  await using buildKit = connectBuildKit(new Docker({ socketPath: path }))
  const control = await buildKit.control()
  expect(await control.info()).toMatchObject({ package: expect.stringContaining('buildkit') })
  expect(relay.served).toContain('grpc')
})
