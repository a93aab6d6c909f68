import {
  attestedBy,
  canonicalJson,
  type Descriptor,
  type ImageIndex,
  isAttestation,
  isIndex,
  type StoredManifest,
} from '../model/oci.js'
import { type Repository, repositoryOf } from '../model/reference.js'
import { allOrNone } from '../registry/all-or-none.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import { REBUILT_ANNOTATION } from './image/rebuilt-image.js'
import { SOURCES_ANNOTATION } from './image/sources/source-record.js'
import { KEY_ANNOTATION } from './key.js'

/** Annotations with the origin of an index, which are not part of its key. */
const ORIGIN: ReadonlySet<string> = new Set(['org.opencontainers.image.source', 'org.opencontainers.image.revision'])

/**
 * Whether the current and the next manifest of a name were made from equal inputs: two builders that build the same files
 * push images with different digests and equal keys. Both manifests are in the repository.
 */
export async function isEqualResult(
  { current, next }: { readonly current: StoredManifest | undefined; readonly next: StoredManifest },
  repository: Repository,
  registry: Registry,
  call: RegistryCall,
): Promise<boolean> {
  if (current === undefined) return false
  if (!isIndex(current.content) || !isIndex(next.content)) return isSameImage(current, next)
  if (!listsTheSame(current.content, next.content)) return false
  const pairs = next.content.manifests.map(
    (entry, at) => [entry, (current.content as ImageIndex).manifests[at]] as const,
  )
  const equal = await allOrNone(pairs, call, async ([one, other], own) => {
    if (other === undefined || one.digest === other.digest) return other !== undefined
    // Statements on equal images may have different times.
    if (isAttestation(one)) return true
    const [ours, theirs] = await Promise.all([one, other].map(({ digest }) => read(digest)))
    return ours !== undefined && theirs !== undefined && isSameImage(theirs, ours)

    function read(digest: Descriptor['digest']) {
      return registry.getManifest({ ...repositoryOf(repository), digest }, { ...own, fresh: true })
    }
  })
  return equal.every(Boolean)
}

/** Whether two indexes differ at most in their origin and in the digests of entries that have keys. */
function listsTheSame(one: ImageIndex, other: ImageIndex): boolean {
  return Buffer.from(comparableBytes(one)).equals(Buffer.from(comparableBytes(other)))
}

function comparableBytes({ manifests, annotations = {}, ...rest }: ImageIndex): Uint8Array {
  const entries = manifests.map(({ digest, size, ...entry }) => {
    if (entry.annotations?.[KEY_ANNOTATION] !== undefined) return entry
    // An attestation is identified by the position of its image.
    const attested = isAttestation({ ...entry, digest, size }) ? attestedBy(entry) : undefined
    const image = manifests.findIndex((one) => one.digest === attested)
    return image < 0 ? { ...entry, digest } : { ...entry, annotations: { image } }
  })
  const kept = Object.fromEntries(Object.entries(annotations).filter(([name]) => !ORIGIN.has(name)))
  return canonicalJson({ ...rest, manifests: entries, annotations: kept })
}

/** Whether two images have equal keys and were built from the same upstream images, none of them again by force. */
function isSameImage(one: StoredManifest, other: StoredManifest): boolean {
  if (isIndex(one.content) || isIndex(other.content)) return false
  const [mine = {}, theirs = {}] = [one.content.annotations, other.content.annotations]
  return (
    mine[KEY_ANNOTATION] !== undefined &&
    [KEY_ANNOTATION, SOURCES_ANNOTATION, REBUILT_ANNOTATION].every((name) => mine[name] === theirs[name])
  )
}
