import { RegistryError } from '../../model/errors.js'
import {
  type Annotations,
  attestedBy,
  type Descriptor,
  type ImageConfig,
  isAttestation,
  isIndex,
  onePerDigest,
  type StoredManifest,
} from '../../model/oci.js'
import { formatPlatform, matchesPlatform, type Platform } from '../../model/platform.js'
import {
  formatReference,
  type Reference,
  type Repository,
  repositoryOf,
  sameRepository,
} from '../../model/reference.js'
import { allOrNone } from '../../registry/all-or-none.js'
import { isImage, readImageConfig } from '../../registry/image-config.js'
import { imageNotFound } from '../../registry/image-not-found.js'
import {
  type IndexEntry,
  isManifestEntry,
  readChild,
  readIndexContent,
} from '../../registry/manifests/index-entries.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { type Declaration, decidePlatform, isBareArm } from './declared-platform.js'

/** An entry of an assembly, parsed. */
export interface AssemblySource {
  /** Its position in the entries, for messages. */
  readonly path: string
  readonly written: { readonly platform?: string; readonly annotations?: Annotations }
  readonly reference: Reference
  readonly platform: Platform | undefined
}

/** An image, or an attestation of one, with its entry for the index. */
export interface FoundImage {
  readonly path: string
  /** Its current location: repository and digest. */
  readonly reference: Reference
  readonly descriptor: Descriptor
  /** Its manifest; undefined if only the descriptor has been read. */
  readonly manifest?: StoredManifest
  /** Whether the target has it; undefined if that has not been checked. */
  readonly isThere?: boolean
  /** Notes on derived values. */
  readonly notes: readonly string[]
}

/** Options of collecting the images. */
export interface Collecting {
  readonly registry: Registry
  /** Repository of the new index: content that it already has is not copied. */
  readonly target: Repository
  readonly trustDeclared: boolean
  readonly call: RegistryCall
}

/** Finds the images of one entry: itself, or those of its index and nested indexes, with their attestations. */
export async function collectImages(source: AssemblySource, collecting: Collecting): Promise<readonly FoundImage[]> {
  const { reference, platform } = source
  const manifest = await getExisting(reference, collecting)
  if (!isIndex(manifest.content)) {
    const declared = { platform, isBareArm: isBareArm(source.written.platform) }
    return [await ofImage(source, manifest, declared, collecting)]
  }
  const found = await ofIndex(source, manifest, collecting)
  if (found.length > 0 || platform === undefined) return found
  throw new RegistryError('PLATFORM_MISSING', `${formatReference(reference)} has no ${formatPlatform(platform)}`)
}

async function ofIndex(
  source: AssemblySource,
  manifest: StoredManifest,
  collecting: Collecting,
): Promise<readonly FoundImage[]> {
  const { registry, target, call } = collecting
  const { path, reference } = source
  const at = ({ digest }: Descriptor) => ({ ...repositoryOf(reference), digest })
  // A mirror may have content that the target's own repository lacks.
  const fresh = sameRepository(reference, target)
  const { entries } = await readIndexContent(registry, reference, manifest, { ...call, fresh })
  const isDeclaredBare = bareArmReader()
  const listed = entries.filter(({ entry }) => !isAttestation(entry) && isManifestEntry(entry))
  const found = await allOrNone(listed, call, ({ entry, index }, own) => {
    const declared = { platform: entry.platform, isBareArm: isDeclaredBare(entry, index) }
    return ofEntry({ ...source, reference: at(entry) }, entry, declared, { ...collecting, call: own })
  })
  const images = withBlobNote(found.flat(), reference, entries)
  const digests = new Set<string>(images.map(({ descriptor }) => descriptor.digest))
  const attestations = onePerDigest(entries.map(({ entry }) => entry).filter(isAttestation))
  const kept = attestations.filter((entry) => digests.has(attestedBy(entry)))
  return [...images, ...kept.map((entry) => ({ path, reference: at(entry), descriptor: entry, notes: [] }))]
}

/** Adds a note on entries that are not images. */
function withBlobNote(
  images: readonly FoundImage[],
  reference: Reference,
  entries: readonly IndexEntry[],
): readonly FoundImage[] {
  const blobs = entries.filter(({ entry }) => !isManifestEntry(entry)).length
  if (blobs === 0) return images
  const note = `${formatReference(reference)} lists ${blobs} blobs besides its images, such as a build cache: omitted`
  return images.map((image, at) => (at === 0 ? { ...image, notes: [...image.notes, note] } : image))
}

/** Finds the image of an index entry, unless another platform is requested. */
async function ofEntry(
  source: AssemblySource,
  entry: Descriptor,
  declared: Declaration,
  collecting: Collecting,
): Promise<readonly FoundImage[]> {
  const { platform: requested } = source
  if (requested && declared.platform && !matchesPlatform(declared.platform, requested)) return []
  const { registry, target, call } = collecting
  const fresh = sameRepository(source.reference, target)
  const manifest = await readChild(registry, source.reference, entry, { ...call, fresh })
  const found = { ...(await ofImage(source, { ...manifest, descriptor: entry }, declared, collecting)), manifest }
  const { platform } = found.descriptor
  return requested && platform && !matchesPlatform(platform, requested) ? [] : [found]
}

/**
 * Returns a check whether an index entry states `arm` without a variant. Reading a manifest normalises its platforms,
 * so this reads its bytes.
 */
function bareArmReader(): (entry: Descriptor, index: StoredManifest) => boolean {
  const bare = new Map<StoredManifest, ReadonlySet<Descriptor>>()
  const read = ({ bytes, content }: StoredManifest) => {
    const { manifests: written } = JSON.parse(Buffer.from(bytes).toString()) as {
      readonly manifests: readonly { readonly platform?: Partial<Platform> }[]
    }
    const entries = isIndex(content) ? content.manifests : []
    return new Set(entries.filter((_, at) => isBareArm(written[at]?.platform)))
  }
  return (entry, index) => {
    const known = bare.get(index) ?? read(index)
    bare.set(index, known)
    return known.has(entry)
  }
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
  // Concurrently, because each takes a round trip.
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

/** A mirror may have content that the target's own repository lacks. */
async function getExisting(reference: Reference, { registry, target, call }: Collecting): Promise<StoredManifest> {
  const manifest = await registry.getManifest(reference, { ...call, fresh: sameRepository(reference, target) })
  if (manifest !== undefined) return manifest
  throw imageNotFound(`${formatReference(reference)} does not exist`)
}
