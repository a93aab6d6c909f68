import type { Digest } from '../../model/digest.js'
import { allOrNone } from '../../registry/all-or-none.js'
import { isTagRefused } from '../../registry/manifests/refused-deletion.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { deleteManifest, NOT_FOUND_AGAIN } from '../deletion/delete-manifest.js'
import type { UnneededManifest } from './unneeded.js'

const STILL_THERE = 'the registry accepted its deletion but still has it'
/** A gateway may accept one deletion that never arrives. */
const ATTEMPTS = 2

/**
 * Deletes the tags of one manifest: with the manifest, since every registry that deletes does so by digest, or without
 * it if something else needs it. What has moved since it was read stays. Each tag is read afterwards.
 *
 * @returns by tag, why it is not deleted.
 * @throws RegistryError REGISTRY_REJECTED if the registry deletes nothing
 */
export async function deleteUnneeded(
  one: UnneededManifest,
  registry: Registry,
  call: RegistryCall,
): Promise<ReadonlyMap<string, string>> {
  const { digest } = one.manifest.descriptor
  const tags = one.tags.map(({ tag }) => tag)
  const kept = new Map<string, string>()
  for (const [tag, held] of await digestsOf(tags, one, registry, call)) {
    if (held === undefined) kept.set(tag, NOT_FOUND_AGAIN)
    else if (held !== digest) kept.set(tag, 'it has moved since it was read')
  }
  let left = tags.filter((tag) => !kept.has(tag))
  for (let attempt = 1; attempt <= ATTEMPTS && left.length > 0; attempt += 1) {
    const { refused, remaining } = await attemptDeletion(left, one, registry, call)
    if (refused !== undefined) for (const tag of remaining) kept.set(tag, refused)
    left = refused === undefined ? remaining : []
  }
  for (const tag of left) kept.set(tag, STILL_THERE)
  return kept
}

/** Deletes tags once. @returns why the registry refuses, and the tags that still hold the manifest as far as is known. */
async function attemptDeletion(
  tags: readonly string[],
  one: UnneededManifest,
  registry: Registry,
  call: RegistryCall,
): Promise<{ readonly refused: string | undefined; readonly remaining: string[] }> {
  const { repository, manifest, isNeeded } = one
  const { digest } = manifest.descriptor
  const refused = isNeeded
    ? await deleteTags(tags, one, registry, call)
    : await deleteManifest({ ...repository, digest }, tags, registry, call)
  const after = await digestsOf(tags, one, registry, call)
  // An answer of failure may come after the deletion; one of absence may come in place of it.
  const remaining = tags.filter((tag) => refused === NOT_FOUND_AGAIN || after.get(tag) === digest)
  return { refused, remaining }
}

/** Reads the current digests of tags. */
async function digestsOf(
  tags: readonly string[],
  { repository }: UnneededManifest,
  registry: Registry,
  call: RegistryCall,
): Promise<ReadonlyMap<string, Digest | undefined>> {
  const held = await allOrNone(
    tags,
    call,
    async (tag, own) =>
      [tag, (await registry.resolve({ ...repository, tag }, { ...own, fresh: true }))?.digest] as const,
  )
  return new Map(held)
}

/** @returns why the registry keeps them. */
async function deleteTags(
  tags: readonly string[],
  one: UnneededManifest,
  registry: Registry,
  call: RegistryCall,
): Promise<string | undefined> {
  const { repository, manifest } = one
  const { digest } = manifest.descriptor
  for (const tag of tags) {
    try {
      await registry.deleteManifest({ ...repository, tag }, call)
    } catch (error) {
      if (isTagRefused(error)) return 'its manifest is needed, and this registry cannot delete a tag only'
      throw error
    }
    if ((await registry.resolve({ ...repository, digest }, { ...call, fresh: true })) !== undefined) continue
    await putBack([tag, ...one.otherTags], one, registry)
    return 'its manifest is needed, and this registry deletes it with any of its tags; it was restored'
  }
  return undefined
}

/** Registries collect blobs later than manifests, so that these are still there. Not cancellable: it repairs. */
async function putBack(
  tags: readonly string[],
  { repository, manifest }: UnneededManifest,
  registry: Registry,
): Promise<void> {
  for (const tag of tags) await registry.putManifest({ ...repository, tag }, manifest)
}
