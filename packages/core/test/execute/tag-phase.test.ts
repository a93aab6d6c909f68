import { EventEmitter, once } from 'node:events'
import { expect, test } from 'vitest'
import { moveTags, type TagMove } from '../../src/execute/tag-phase.js'
import { digestOf } from '../../src/model/digest.js'
import { CancelledError } from '../../src/model/errors.js'
import { encodeManifest, MEDIA_TYPES } from '../../src/model/oci.js'
import { createRegistry } from '../../src/registry/client.js'
import type { Registry } from '../../src/registry/port.js'
import { startScriptedServer } from '../registry/scripted-server.js'

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

test('a name that somebody else moves while its write is repeated is left to them', async () => {
  const digests: (string | undefined)[] = [undefined, undefined, digestOf('of somebody else')]
  await using server = await startScriptedServer(({ method, path }) => {
    if (method === 'PUT') return { status: 503 }
    const headers = { 'content-type': MEDIA_TYPES.ociManifest, 'content-length': String(image.bytes.byteLength) }
    if (!path.endsWith('/1.0')) return { status: 200, headers, body: Buffer.from(image.bytes) }
    const digest = digests.length > 1 ? digests.shift() : digests[0]
    return digest === undefined
      ? { status: 404 }
      : { status: 200, headers: { ...headers, 'docker-content-digest': digest } }
  })
  await using registry = createRegistry({ retry: { delay: 1 } })
  const { output, ...move } = moveTo('made')
  const here = { registry: server.host, repository: 'made' }
  const moved = { ...output, reference: { ...here, digest: image.descriptor.digest } }
  const moves = [{ ...move, output: moved, reference: { ...here, tag: '1.0' } }]
  const moving = moveTags({ moves, allowRemoval: true, emit: () => {} }, registry)
  await expect(moving).rejects.toMatchObject({ code: 'TAG_MOVED' })
  expect(server.seen.filter(({ method }) => method === 'PUT')).toHaveLength(1)
})

test('where one name cannot move, what is on its way for another has ended before that is told', async () => {
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
