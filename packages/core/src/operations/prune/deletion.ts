import { RegistryError } from '../../model/errors.js'
import { type Reference, repositoryOf } from '../../model/reference.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { isDeletionRefused, isTaggedRefused, isTagRefused } from '../refused-deletion.js'
import type { UnneededManifest } from './unneeded.js'

/**
 * Deletes the tags of one manifest: with the manifest, since every registry that deletes does so by digest, or without
 * it where something else needs it. What has moved since it was read stays.
 *
 * @returns by tag, why it is still there.
 * @throws RegistryError REGISTRY_REJECTED where the registry deletes nothing
 */
export async function deleteUnneeded(
  one: UnneededManifest,
  registry: Registry,
  call: RegistryCall,
): Promise<ReadonlyMap<string, string>> {
  const { repository, manifest, tags, isNeeded } = one
  const { digest } = manifest.descriptor
  const kept = new Map<string, string>()
  const left: string[] = []
  for (const { tag } of tags) {
    const now = (await registry.resolve({ ...repository, tag }, { ...call, fresh: true }))?.digest
    if (now === digest) left.push(tag)
    else if (now !== undefined) kept.set(tag, 'it has moved since it was read')
  }
  const refused = isNeeded
    ? await deleteTags(left, one, registry, call)
    : left.length > 0 && (await deleteManifest({ ...repository, digest }, left, registry, call))
  if (refused) for (const tag of left) kept.set(tag, refused)
  return kept
}

/** @returns why the registry keeps this one. */
async function deleteManifest(
  reference: Reference,
  tags: readonly string[],
  registry: Registry,
  call: RegistryCall,
): Promise<string | undefined> {
  try {
    await registry.deleteManifest(reference, call)
    return undefined
  } catch (error) {
    if (isDeletionRefused(error)) throw nothingDeleted(reference, error)
    if (isTaggedRefused(error)) return deleteTagsFirst(reference, tags, registry, call)
    if (error instanceof RegistryError && error.code === 'NOT_FOUND') return undefined
    if (error instanceof RegistryError && error.code === 'REGISTRY_REJECTED') return error.message
    throw error
  }
}

/** A manifest that somebody has given another tag meanwhile stays, without those that were to go. */
async function deleteTagsFirst(
  reference: Reference,
  tags: readonly string[],
  registry: Registry,
  call: RegistryCall,
): Promise<undefined> {
  for (const tag of tags) await registry.deleteManifest({ ...repositoryOf(reference), tag }, call)
  try {
    await registry.deleteManifest(reference, call)
  } catch (error) {
    if (!isTaggedRefused(error)) throw error
  }
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
      if (isTagRefused(error)) return 'its manifest is needed, and this registry deletes no tag alone'
      throw error
    }
    if ((await registry.resolve({ ...repository, digest }, { ...call, fresh: true })) !== undefined) continue
    await putBack([tag, ...one.otherTags], one, registry)
    return 'its manifest is needed, and this registry deletes that with any of its tags; it was put back'
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

function nothingDeleted(reference: Reference, cause: RegistryError): RegistryError {
  const { registry, repository } = reference
  return new RegistryError('REGISTRY_REJECTED', `${registry} deletes nothing from ${repository}`, {
    hint: 'where it is yours, allow it to (docker-registry: REGISTRY_STORAGE_DELETE_ENABLED=true); else delete what `prune` lists on its web page, or by an API of its own',
    cause,
    ...(cause.exchange !== undefined && { exchange: cause.exchange }),
  })
}
