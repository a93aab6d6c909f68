import type { Digest } from '../model/digest.js'
import { RegistryError } from '../model/errors.js'
import { LIMITS } from '../model/limits.js'
import {
  type Annotations,
  type Descriptor,
  type ImageConfig,
  isAttestation,
  isIndex,
  isIndexType,
  onePerDigest,
  type StoredManifest,
} from '../model/oci.js'
import { formatPlatform, isWantedPlatform, type Platform } from '../model/platform.js'
import { formatReference, type Reference, type Repository, repositoryOf, sameRepository } from '../model/reference.js'
import { allOrNone } from '../registry/all-or-none.js'
import { isImage, readImageConfig } from '../registry/image-config.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import { type Declaration, decidePlatform, isBareArm } from './declared-platform.js'

/** An entry of an assembly, parsed. */
export interface AssemblySource {
  /** Its place among the entries, for messages. */
  readonly path: string
  readonly written: { readonly platform?: string; readonly annotations?: Annotations }
  readonly reference: Reference
  readonly platform: Platform | undefined
}

/** An image, or what attests one, as it is to stand in the index. */
export interface FoundImage {
  readonly path: string
  /** Where it is now: repository and digest. */
  readonly reference: Reference
  readonly descriptor: Descriptor
  /** What is there; undefined where only its descriptor has been read. */
  readonly manifest?: StoredManifest
  /** Whether the target has it; undefined where nobody has asked. */
  readonly isThere?: boolean
  /** What was understood of it that was not written. */
  readonly notes: readonly string[]
}

/** What collecting needs. */
export interface Collecting {
  readonly registry: Registry
  /** Where the index is to be: what is there need not be brought there. */
  readonly target: Repository
  readonly trustDeclared: boolean
  readonly call: RegistryCall
}

interface Walk extends Collecting {
  /** Indexes that have been read. */
  readonly indexes: Set<Digest>
}

/** Finds the images of one entry: itself, or those of its index and of the indexes in it, with what attests them. */
export async function collectImages(source: AssemblySource, collecting: Collecting): Promise<readonly FoundImage[]> {
  const { reference, platform } = source
  const manifest = await getExisting(reference, collecting)
  if (!isIndex(manifest.content)) {
    const declared = { platform, isBareArm: isBareArm(source.written.platform) }
    return [await ofImage(source, manifest, declared, collecting)]
  }
  const found = await ofIndex(source, manifest, { ...collecting, indexes: new Set() }, 1)
  if (found.length > 0 || platform === undefined) return found
  throw new RegistryError('PLATFORM_MISSING', `${formatReference(reference)} has no ${formatPlatform(platform)}`)
}

async function ofIndex(
  source: AssemblySource,
  manifest: StoredManifest,
  collecting: Walk,
  depth: number,
): Promise<readonly FoundImage[]> {
  if (depth > LIMITS.indexDepth) throw tooLarge(source, `nested more than ${LIMITS.indexDepth} deep`)
  const { path } = source
  const entries = entriesOf(manifest)
  const at = ({ digest }: Descriptor) => ({ ...repositoryOf(source.reference), digest })
  const found = await allOrNone(entries, collecting.call, async ({ entry, declared }, call) => {
    const below = { ...source, reference: at(entry) }
    const own = { ...collecting, call }
    if (isAttestation(entry)) return []
    if (isIndexType(entry.mediaType)) {
      // Once: indexes that all list the same ones would multiply what there is to read, level by level.
      if (collecting.indexes.has(entry.digest)) return []
      collecting.indexes.add(entry.digest)
      if (collecting.indexes.size > LIMITS.indexes)
        throw tooLarge(source, `made of more than ${LIMITS.indexes} indexes`)
      return ofIndex(below, await getExisting(below.reference, own), own, depth + 1)
    }
    return ofEntry(below, entry, declared, own)
  })
  const images = found.flat()
  const digests = new Set<string>(images.map(({ descriptor }) => descriptor.digest))
  const attestations = entries.filter(({ entry }) => isAttestation(entry) && digests.has(attestedBy(entry)))
  return [...images, ...attestations.map(({ entry }) => ({ path, reference: at(entry), descriptor: entry, notes: [] }))]
}

/** The image of an index's entry, unless another platform is wanted. */
async function ofEntry(
  source: AssemblySource,
  entry: Descriptor,
  declared: Declaration,
  collecting: Collecting,
): Promise<readonly FoundImage[]> {
  const { platform: wanted } = source
  if (wanted && declared.platform && !isWantedPlatform(declared.platform, wanted)) return []
  const manifest = await getExisting(source.reference, collecting)
  const found = { ...(await ofImage(source, { ...manifest, descriptor: entry }, declared, collecting)), manifest }
  const { platform } = found.descriptor
  return wanted && platform && !isWantedPlatform(platform, wanted) ? [] : [found]
}

/**
 * Reading a manifest brings its platforms into normal form, so that only its bytes still tell what was left out. An image
 * may be listed for several platforms; an index that is listed twice says nothing new, and would multiply what there is.
 */
function entriesOf({ bytes, content }: StoredManifest) {
  const { manifests: written } = JSON.parse(Buffer.from(bytes).toString()) as {
    readonly manifests: readonly { readonly platform?: Partial<Platform> }[]
  }
  const entries = isIndex(content) ? content.manifests : []
  const once = new Set(onePerDigest(entries))
  return entries.flatMap((entry, at) => {
    const declared = { platform: entry.platform, isBareArm: isBareArm(written[at]?.platform) }
    return isIndexType(entry.mediaType) && !once.has(entry) ? [] : [{ entry, declared }]
  })
}

/** The image that an attestation is of. @see https://github.com/moby/buildkit/blob/v0.13.0/docs/attestations/attestation-storage.md */
export function attestedBy({ annotations }: Descriptor): string {
  return annotations?.['vnd.docker.reference.digest'] ?? ''
}

async function ofImage(
  source: AssemblySource,
  manifest: StoredManifest,
  declared: Declaration,
  { registry, target, trustDeclared, call }: Collecting,
): Promise<FoundImage> {
  const { path, written } = source
  const reference = { ...repositoryOf(source.reference), digest: manifest.descriptor.digest }
  const there = { ...target, digest: manifest.descriptor.digest }
  let config: ImageConfig | undefined
  let isThere = sameRepository(reference, target)
  const readConfig = async (own: RegistryCall) => {
    config = await configOf(reference, manifest, registry, own)
  }
  const lookUp = async (own: RegistryCall) => {
    isThere ||= (await registry.resolve(there, { ...own, fresh: true })) !== undefined
  }
  // At once, since each takes a way to the registry and back.
  await allOrNone([readConfig, lookUp], call, (task, own) => task(own))
  const where = formatReference(source.reference)
  const { platform, notes } = decidePlatform({ where, declared, config, trustDeclared })
  const annotations = { ...manifest.descriptor.annotations, ...written.annotations }
  const annotated = Object.keys(annotations).length > 0 ? { annotations } : {}
  return { path, reference, descriptor: { ...manifest.descriptor, platform, ...annotated }, manifest, isThere, notes }
}

async function configOf(
  reference: Reference,
  { content }: StoredManifest,
  registry: Registry,
  call: RegistryCall,
): Promise<ImageConfig | undefined> {
  if (isIndex(content) || !isImage(content)) return undefined
  return readImageConfig(registry, reference, content, call)
}

/** What a mirror has need not be in the target's own repository. */
async function getExisting(reference: Reference, { registry, target, call }: Collecting): Promise<StoredManifest> {
  const manifest = await registry.getManifest(reference, { ...call, fresh: sameRepository(reference, target) })
  if (manifest !== undefined) return manifest
  throw new RegistryError('NOT_FOUND', `${formatReference(reference)} does not exist`, {
    hint: 'look at the name and the tag; a private repository may also look like this without a login',
  })
}

function tooLarge({ reference }: AssemblySource, how: string): RegistryError {
  return new RegistryError('MANIFEST_UNSUPPORTED', `${formatReference(reference)} is ${how}`, {
    hint: 'name an index that lists its images itself',
  })
}
