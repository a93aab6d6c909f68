import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { hexOf } from '../../src/model/digest.js'
import { LIMITS } from '../../src/model/limits.js'
import { encodeManifest, MEDIA_TYPES, type StoredManifest } from '../../src/model/oci.js'
import type { Repository } from '../../src/model/reference.js'
import { copy } from '../../src/operations/images/index.js'
import { createRegistry } from '../../src/registry/client.js'
import type { Registry } from '../../src/registry/port.js'
import { attachment, EMPTY_BLOB } from '../registry-server/attachments.js'
import { memoryRegistry } from './memory-registry.js'
import { startScriptedServer } from './scripted-server.js'

const CONTENT = { schemaVersion: 2, config: EMPTY_BLOB.descriptor, layers: [] } as const
/** What artifacts refer to. */
const SUBJECT: StoredManifest = encodeManifest(CONTENT, MEDIA_TYPES.ociManifest)

const digestOfManifest = ({ descriptor }: StoredManifest) => descriptor.digest

async function writeBlob(registry: Registry, to: Repository): Promise<void> {
  await registry.writeBlob(to, { ...EMPTY_BLOB, open: () => Readable.from([EMPTY_BLOB.bytes]) })
}

/** Two registries without the referrers API; the first one has the subject as `app:1`. */
async function startRegistries() {
  const [from, to] = [memoryRegistry(), memoryRegistry()]
  const servers = [await startScriptedServer(from.answer), await startScriptedServer(to.answer)]
  const registry = createRegistry()
  const [source, target] = servers.map(({ host }) => ({ registry: host, repository: 'app' }))
  if (source === undefined || target === undefined) throw new TypeError('there are two registries')
  await writeBlob(registry, source)
  await registry.putManifest({ ...source, tag: '1' }, SUBJECT)
  return {
    ...{ registry, source, target, store: from.store },
    copyAll: (options = {}) => copy(`${source.registry}/app:1`, `${target.registry}/app:1`, options),
    async [Symbol.asyncDispose]() {
      for (const one of [registry, ...servers]) await one[Symbol.asyncDispose]()
    },
  }
}

test('a registry without the API gets the tag that stands in for it, and is read by it', async () => {
  await using registries = await startRegistries()
  const { registry, source, target, copyAll } = registries
  const note = attachment(SUBJECT.descriptor, 'text/x-note')
  await registry.putManifest(source, note)
  await registry.putManifest(source, attachment(note.descriptor, 'text/x-signature'))
  // Attached before: it stays.
  const other = attachment(SUBJECT.descriptor, 'text/x-other')
  await writeBlob(registry, target)
  await registry.putManifest(target, other)
  const { referrers } = await copyAll()
  expect(referrers.map(({ artifactType }) => artifactType)).toEqual(['text/x-note', 'text/x-signature'])
  const listed = await registry.listReferrers(target, digestOfManifest(SUBJECT))
  expect(listed.map(({ digest }) => digest)).toEqual([other, note].map(digestOfManifest))
})

test('artifacts that refer to one another without end are rejected', async () => {
  await using registries = await startRegistries()
  const { registry, source, copyAll } = registries
  let last = SUBJECT
  for (let depth = 0; depth <= LIMITS.referrerDepth; depth += 1) {
    last = attachment(last.descriptor, `text/x-${depth}`)
    await registry.putManifest(source, last)
  }
  await expect(copyAll()).rejects.toMatchObject({
    code: 'MANIFEST_UNSUPPORTED',
    hint: expect.stringContaining('--no-referrers'),
  })
  expect(await copyAll({ referrers: false })).toMatchObject({ digest: digestOfManifest(SUBJECT), referrers: [] })
})

test('more artifacts than a copy may bring are rejected', async () => {
  await using registries = await startRegistries()
  const manifests = Array.from({ length: LIMITS.referrers + 1 }, () => SUBJECT.descriptor)
  const body = JSON.stringify({ schemaVersion: 2, manifests })
  const tag = `sha256-${hexOf(digestOfManifest(SUBJECT))}`
  registries.store.manifests.set(`/v2/app/manifests/${tag}`, { mediaType: MEDIA_TYPES.ociIndex, body })
  await expect(registries.copyAll()).rejects.toMatchObject({
    code: 'MANIFEST_UNSUPPORTED',
    message: expect.stringContaining(`are more than ${LIMITS.referrers}`),
  })
})

test.each([
  ['was deleted', undefined, 'does not exist: it was not copied'],
  [
    'is of a former kind',
    { mediaType: 'application/vnd.oci.artifact.manifest.v1+json', body: '{"blobs":[]}' },
    'was not copied: ',
  ],
])('a referrer that %s is omitted with a note', async (_, held, note) => {
  await using registries = await startRegistries()
  const { registry, source, store, copyAll } = registries
  const attached = attachment(SUBJECT.descriptor, 'text/x-note')
  await registry.putManifest(source, attached)
  const path = `/v2/app/manifests/${digestOfManifest(attached)}`
  if (held === undefined) store.manifests.delete(path)
  else store.manifests.set(path, held)
  const { referrers, notes } = await copyAll()
  expect(referrers).toEqual([])
  expect(notes).toEqual([expect.stringContaining(note)])
})
