import { RegistryError } from '../../model/errors.js'
import { type Reference, repositoryOf } from '../../model/reference.js'
import { isDeletionRefused, isTaggedRefused } from '../../registry/manifests/refused-deletion.js'
import type { Registry, RegistryCall } from '../../registry/port.js'

/** Why a manifest is kept that the registry did not find. */
export const NOT_FOUND_AGAIN = 'the registry did not find it'

/**
 * Deletes a manifest by digest, with its tags.
 *
 * @returns why the registry keeps this one; undefined if it was deleted.
 * @throws RegistryError REGISTRY_REJECTED if the registry deletes nothing
 */
export async function deleteManifest(
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
    if (error instanceof RegistryError && error.code === 'NOT_FOUND') return NOT_FOUND_AGAIN
    if (error instanceof RegistryError && error.code === 'REGISTRY_REJECTED') return error.message
    throw error
  }
}

/** Deletes the tags before the manifests, so that a manifest stays if another writer has tagged it meanwhile. */
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

function nothingDeleted(reference: Reference, cause: RegistryError): RegistryError {
  const { registry, repository } = reference
  return new RegistryError('REGISTRY_REJECTED', `${registry} does not support deletion from ${repository}`, {
    hint: 'if you run it, enable deletion (docker-registry: REGISTRY_STORAGE_DELETE_ENABLED=true); otherwise delete the tags that `prune` lists on its web page or with its API',
    cause,
    ...(cause.exchange !== undefined && { exchange: cause.exchange }),
  })
}
