import { type Annotations, type Descriptor, encodeManifest, isIndex, MEDIA_TYPES } from '../../model/oci.js'
import { formatPlatform } from '../../model/platform.js'
import type { Repository } from '../../model/reference.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { CREATED_ANNOTATION } from '../created-date.js'
import { checkReference, KEY_ANNOTATION } from '../key.js'

/** Annotation with the policies that a base was checked under. */
const POLICIES_ANNOTATION = 'io.polyarch.checked'

/** A base that passed the check of its platform and machine code, with the key of the check. */
export interface CheckRecord {
  /** The key of the base: it covers the platform, the published digest and the policies. */
  readonly key: string
  /** The base as it is in the repository, with its platform. */
  readonly base: Descriptor
  /** The policies as text, for readers of the record. */
  readonly policies: readonly string[]
}

/**
 * Records that a base was checked: an index of that one base under a tag of its own. A digest alone proves nothing,
 * because the same digest may be in the repository for another platform or under another policy. The tag also protects
 * the base from cleaners of untagged manifests, and its date protects it from `prune`.
 */
export async function writeCheckRecord(
  registry: Registry,
  repository: Repository,
  { key, base, policies }: CheckRecord,
  call: RegistryCall,
): Promise<void> {
  const { mediaType, digest, size, platform } = base
  const text = [...(platform === undefined ? [] : [formatPlatform(platform)]), ...policies].join(' ')
  const annotations: Annotations = {
    [KEY_ANNOTATION]: key,
    [POLICIES_ANNOTATION]: text,
    [CREATED_ANNOTATION]: new Date().toISOString(),
  }
  const manifests = [{ mediaType, digest, size, ...(platform !== undefined && { platform }) }]
  const record = encodeManifest({ schemaVersion: 2, manifests, annotations }, MEDIA_TYPES.ociIndex)
  await registry.putManifest(checkReference(repository, key), record, call)
}

/** Reads which base was checked under a key; undefined if none was. */
export async function readCheckRecord(
  registry: Registry,
  repository: Repository,
  key: string,
  call: RegistryCall,
): Promise<Descriptor | undefined> {
  const found = await registry.getManifest(checkReference(repository, key), { ...call, fresh: true })
  if (found === undefined || !isIndex(found.content)) return undefined
  const { annotations, manifests } = found.content
  return annotations?.[KEY_ANNOTATION] === key && manifests.length === 1 ? manifests[0] : undefined
}
