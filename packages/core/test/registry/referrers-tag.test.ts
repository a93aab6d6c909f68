import { describe, expect, test } from 'vitest'
import { digestOf } from '../../src/model/digest.js'
import { encodeManifest, MEDIA_TYPES, type StoredManifest } from '../../src/model/oci.js'
import { createRegistry } from '../../src/registry/client.js'
import { referrersTag } from '../../src/registry/manifests/referrers.js'
import { attachment } from '../registry-server/attachments.js'
import { type MemoryRegistryOptions, type MemoryStore, memoryRegistry } from './memory-registry.js'
import { startScriptedServer } from './scripted-server.js'

const SUBJECT = { mediaType: MEDIA_TYPES.ociManifest, digest: digestOf('subject'), size: 7 }
const OTHERS = attachment(SUBJECT, 'text/x-others')
const OWN = attachment(SUBJECT, 'text/x-own')

function indexOf(...manifests: readonly StoredManifest[]): StoredManifest {
  const entries = manifests.map(({ descriptor }) => descriptor)
  return encodeManifest({ schemaVersion: 2, manifests: entries }, MEDIA_TYPES.ociIndex)
}

/** Writes the tag as another client does that knows nothing of what else there is. */
function overwrite({ manifests }: MemoryStore, path: string, ...listed: readonly StoredManifest[]): void {
  const { bytes, descriptor } = indexOf(...listed)
  manifests.set(path, { mediaType: descriptor.mediaType, body: Buffer.from(bytes).toString() })
}

/** Attaches to a subject on a registry without the API, and lists what is attached then. */
async function attach(options: MemoryRegistryOptions, before: readonly StoredManifest[] = []) {
  const { answer, store } = memoryRegistry(options)
  await using server = await startScriptedServer(answer)
  await using registry = createRegistry({ retry: { attempts: 1 } })
  const place = { registry: server.host, repository: 'app' }
  const { tag } = referrersTag(place, SUBJECT.digest)
  const path = `/v2/app/manifests/${tag}`
  if (before.length > 0) overwrite(store, path, ...before)
  await registry.putManifest(place, OWN)
  const listed = await registry.listReferrers(place, SUBJECT.digest)
  return { digests: listed.map(({ digest }) => digest), seen: server.seen.filter((one) => one.path === path) }
}

const digestOfManifest = ({ descriptor }: StoredManifest) => descriptor.digest

test('what is attached is added to the tag of its subject', async () => {
  expect((await attach({}, [OTHERS])).digests).toEqual([OTHERS, OWN].map(digestOfManifest))
})

/** Another client writes the tag once, between the read and the write of this one. */
function writingOnce(): NonNullable<MemoryRegistryOptions['beforePut']> {
  let isWritten = false
  return (path, store) => {
    if (isWritten || !path.includes('/sha256-')) return
    isWritten = true
    overwrite(store, path, OTHERS)
  }
}

test.each([
  ['new', []],
  ['changed', [attachment(SUBJECT, 'text/x-former')]],
])('a tag that is %s since it was read is not overwritten where conditions are evaluated', async (_, before) => {
  const { digests } = await attach({ evaluatesConditions: true, beforePut: writingOnce() }, before)
  expect(digests).toEqual([OTHERS, OWN].map(digestOfManifest))
})

test('an entry that another client has overwritten is added again', async () => {
  let puts = 0
  const { digests } = await attach({
    beforePut: (path, store) => {
      if (!path.includes('/sha256-')) return
      puts += 1
      // The write of the other client arrives right after the first one of this client.
      if (puts === 1) setImmediate(() => overwrite(store, path, OTHERS))
    },
  })
  expect(digests).toContain(digestOfManifest(OWN))
})

test('a tag that others write all the time ends in an error, not in a loop', async () => {
  let round = 0
  const attaching = attach({
    evaluatesConditions: true,
    beforePut: (path, store) => {
      round += 1
      if (path.includes('/sha256-')) overwrite(store, path, attachment(SUBJECT, `text/x-${round}`))
    },
  })
  await expect(attaching).rejects.toMatchObject({ code: 'TAG_MOVED' })
})

/** Attaches artifacts on a registry without the API, deletes some, and returns the content of the subject's tag. */
async function detach(
  options: MemoryRegistryOptions,
  attached: readonly StoredManifest[],
  deleted: readonly StoredManifest[],
) {
  const { answer, store } = memoryRegistry(options)
  await using server = await startScriptedServer(answer)
  await using registry = createRegistry({ retry: { attempts: 1 } })
  const place = { registry: server.host, repository: 'app' }
  const tag = referrersTag(place, SUBJECT.digest)
  for (const one of attached) await registry.putManifest(place, one)
  const list = await registry.resolve(tag)
  for (const { descriptor } of deleted) await registry.deleteManifest({ ...place, digest: descriptor.digest })
  const left = await registry.getManifest(tag)
  return { left: left?.content, manifests: [...store.manifests.keys()], list }
}

const TAGGED = (code: string) => ({ deletingTagged: { status: 400, body: JSON.stringify({ errors: [{ code }] }) } })

describe('when a referrer is deleted', () => {
  test('its entry is removed from the tag of its subject', async () => {
    const { left } = await detach({}, [OTHERS, OWN], [OWN])
    expect(left).toMatchObject({ manifests: [{ digest: digestOfManifest(OTHERS) }] })
  })

  test('the tag is deleted with its last entry', async () => {
    const { left, manifests, list } = await detach({}, [OTHERS, OWN], [OWN, OTHERS])
    expect(left).toBeUndefined()
    expect(manifests).toEqual([expect.stringContaining(list?.digest ?? 'no list')])
  })

  test('the tag is deleted before its list if the registry requires it', async () => {
    const { left, manifests } = await detach(TAGGED('GOOGLE_MANIFEST_DANGLING_TAG'), [OWN], [OWN])
    expect([left, manifests]).toEqual([undefined, []])
  })

  test('the list is emptied if the registry does not delete it', async () => {
    const { left } = await detach(TAGGED('DENIED'), [OWN], [OWN])
    expect(left).toMatchObject({ manifests: [] })
  })
})
