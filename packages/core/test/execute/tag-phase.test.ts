import { EventEmitter, once } from 'node:events'
import { expect, test } from 'vitest'
import type { TagMove } from '../../src/execute/stage-tag.js'
import { moveTags } from '../../src/execute/tag-phase.js'
import { digestOf } from '../../src/model/digest.js'
import { CancelledError } from '../../src/model/errors.js'
import { encodeManifest, MEDIA_TYPES, type StoredManifest } from '../../src/model/oci.js'
import type { RunEvent } from '../../src/model/run/events.js'
import { createRegistry } from '../../src/registry/client.js'
import type { Registry } from '../../src/registry/port.js'
import { type ScriptedAnswer, type ScriptedRequest, startScriptedServer } from '../registry/scripted-server.js'

const config = { mediaType: MEDIA_TYPES.ociConfig, digest: digestOf('{}'), size: 2 }
const image = encodeManifest({ schemaVersion: 2, config, layers: [] }, MEDIA_TYPES.ociManifest)
const made = { registry: 'r.example.com', repository: 'made', digest: image.descriptor.digest }

function moveTo(repository: string): TagMove {
  return {
    reference: { registry: 'r.example.com', repository, tag: '1.0' },
    node: 'app index',
    requested: true,
    planned: undefined,
    output: { reference: made, descriptor: image.descriptor },
  }
}

const other = encodeManifest(
  { schemaVersion: 2, config, layers: [], annotations: { by: 'other' } },
  MEDIA_TYPES.ociManifest,
)

/** The answer that has a manifest. */
function stored({ descriptor: { mediaType, digest, size }, bytes }: StoredManifest): ScriptedAnswer {
  const headers = { 'content-type': mediaType, 'content-length': String(size), 'docker-content-digest': digest }
  return { status: 200, headers, body: Buffer.from(bytes) }
}

/** A repository that has the image by its digest; `named` answers for the tag. */
async function startRepository(
  named: (request: ScriptedRequest, reads: number) => ScriptedAnswer,
  planned?: TagMove['planned'],
) {
  let reads = 0
  const server = await startScriptedServer((request) => {
    if (!request.path.endsWith('/1.0')) return stored(image)
    if (request.method !== 'PUT') reads += 1
    return named(request, reads)
  })
  const here = { registry: server.host, repository: 'made' }
  const output = { reference: { ...here, digest: image.descriptor.digest }, descriptor: image.descriptor }
  const move: TagMove = { ...moveTo('made'), planned, output, reference: { ...here, tag: '1.0' } }
  const events: RunEvent[] = []
  const registry = createRegistry({ retry: { delay: 1, attempts: 2 } })
  const moving = moveTags({ moves: [move], allowRemoval: true, emit: (event) => void events.push(event) }, registry)
  return {
    moving,
    events,
    name: `${server.host}/made:1.0`,
    methods: () => server.seen.filter(({ path }) => path.endsWith('/1.0')).map(({ method }) => method),
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

test('a name that somebody else moves while its write is repeated is left to them', async () => {
  await using made = await startRepository(({ method }, reads) =>
    method === 'PUT' ? { status: 503 } : reads < 3 ? { status: 404 } : stored(other),
  )
  await expect(made.moving).rejects.toMatchObject({ code: 'TAG_MOVED', message: expect.stringContaining('not moved') })
  expect(made.methods().filter((method) => method === 'PUT')).toHaveLength(1)
  expect(made.events).toMatchObject([{ kind: 'tag-not-moved', reference: made.name, holds: other.descriptor.digest }])
})

test('a write that was accepted and not made is made again', async () => {
  let puts = 0
  await using made = await startRepository(({ method }) => {
    if (method === 'PUT') puts += 1
    return method === 'PUT' || puts > 1 ? stored(image) : { status: 404 }
  })
  await expect(made.moving).resolves.toEqual([{ reference: made.name, to: image.descriptor.digest }])
  expect(puts).toBe(2)
})

test('a write that is never made is an error, whatever its response states', async () => {
  const { digest } = other.descriptor
  await using made = await startRepository(({ method }) => stored(method === 'PUT' ? image : other), digest)
  await expect(made.moving).rejects.toMatchObject({
    code: 'REGISTRY_REJECTED',
    message: expect.stringMatching(`it still points to ${digest} \\(not moved: ${made.name}\\)`),
  })
  expect(made.events).toMatchObject([{ kind: 'tag-not-moved', holds: digest }])
})

test('a write whose answer is lost, and which no retry can confirm, is reported as made once it is read', async () => {
  // The write arrives; what follows it fails until the retries are used up.
  await using made = await startRepository(({ method }, reads) => {
    if (method === 'PUT') return undefined
    return reads === 1 ? { status: 404 } : reads < 5 ? { status: 500 } : stored(image)
  })
  await expect(made.moving).resolves.toEqual([{ reference: made.name, to: image.descriptor.digest }])
  expect(made.events).toMatchObject([{ kind: 'tag-moved' }])
})

test('a name that cannot be read after a failure is not reported to have moved, nor not to have', async () => {
  await using made = await startRepository(({ method }, reads) => {
    if (method === 'PUT') return undefined
    return reads === 1 ? { status: 404 } : { status: 403 }
  })
  await expect(made.moving).rejects.toMatchObject({
    message: expect.stringContaining('unknown, because it could not be read'),
  })
  expect(made.events).toEqual([
    { kind: 'tag-not-moved', at: expect.any(Number), reference: made.name, isUnknown: true },
  ])
})

test('if one name cannot move, pending writes of others end before the failure is reported', async () => {
  const copies = new EventEmitter()
  const isCopying = once(copies, 'slow')
  const log: string[] = []
  const registry = {
    resolve: async () => undefined,
    getManifest: async () => image,
    async copyBlob(_from, { repository }, _blob, call) {
      if (repository === 'broken') {
        await isCopying
        throw new Error('broken')
      }
      const cancelled = new Promise((resolve) => call?.signal?.addEventListener('abort', resolve))
      copies.emit('slow')
      await cancelled
      log.push('ended')
      throw new CancelledError()
    },
  } satisfies Partial<Registry> as unknown as Registry
  const moves = [moveTo('broken'), moveTo('slow')]
  // A signal that never fires: what ends the copy is the failure of the other one.
  const { signal } = new AbortController()
  const moving = moveTags({ moves, allowRemoval: true, signal, emit: () => {} }, registry)
  await expect(moving.catch((error: Error) => log.push(error.message))).resolves.toBe(2)
  expect(log).toEqual(['ended', 'broken'])
})
