import { suggest } from '../../definition/issues.js'
import { type Digest, isDigest } from '../../model/digest.js'
import { DefinitionError, type Issue, RegistryError } from '../../model/errors.js'
import {
  type Annotations,
  type Descriptor,
  encodeManifest,
  isAttestation,
  MEDIA_TYPES,
  type StoredManifest,
} from '../../model/oci.js'
import { comparePlatforms, isKnownPlatform, parsePlatform, unreadablePlatform } from '../../model/platform.js'
import { type Reference, repositoryOf, sameRepository } from '../../model/reference.js'
import { allOrNone } from '../../registry/all-or-none.js'
import { type CopyResult, copyManifest } from '../../registry/copy/copy.js'
import type { CopiedReferrer } from '../../registry/copy/copy-referrers.js'
import { writeName } from '../../registry/manifests/confirm-name.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { checkOptions, OPERATION_OPTIONS, type OptionNames } from '../option-names.js'
import { DUPLICATE_RULES, type OperationOptions } from '../options.js'
import { digestNamed, readNamed, refuseNewRemovals, refuseRemovals } from '../runs/removed-platforms.js'
import { lastOfEach, refuseDuplicates } from './assembly-duplicates.js'
import { type AssemblySource, type Collecting, collectImages, type FoundImage } from './assembly-source.js'
import { imageNamed, isLayout, openImages, readName, readNewName } from './named-image.js'

/** One source of {@link assemble}. */
export interface AssembleEntry {
  /**
   * A name on any registry, `oci:DIR:NAME`, or a digest in the repository of the new index. An index contributes all
   * its images.
   */
  readonly image: string
  /** Platform of the image, such as `linux/arm/v7`; by default that of its config. Selects one image of an index. */
  readonly platform?: string
  /** Annotations of its entry in the index. */
  readonly annotations?: Annotations
}

/** Options of {@link assemble}. */
export interface AssembleOptions extends OperationOptions {
  /**
   * Trust a platform that an entry or an index declares even if the image's config contradicts it. By default that is
   * an error.
   */
  readonly trustDeclared?: boolean
  /** What to do with two images of one platform: fail, which is the default, or use the last one. */
  readonly duplicates?: (typeof DUPLICATE_RULES)[number]
  /** Whether artifacts that refer to an image in another repository are copied with it. Default true. */
  readonly referrers?: boolean
  /** Allows removing a platform that the name has now. */
  readonly allowRemoval?: boolean
  /** Annotations of the index. */
  readonly annotations?: Annotations
}

const ASSEMBLE_OPTIONS: OptionNames<AssembleOptions> = {
  ...OPERATION_OPTIONS,
  trustDeclared: 'boolean',
  duplicates: DUPLICATE_RULES,
  referrers: 'boolean',
  allowRemoval: 'boolean',
  annotations: 'object',
}

/** Result of {@link assemble}. */
export interface Assembly {
  readonly digest: Digest
  readonly mediaType: string
  readonly manifests: readonly Descriptor[]
  /** The artifacts that were copied with images from other repositories. */
  readonly referrers: readonly CopiedReferrer[]
  /** Notes on derived platforms and omitted content. */
  readonly notes: readonly string[]
}

/** Makes an image index of existing images, and names it. */
export async function assemble(
  name: string,
  entries: readonly (string | AssembleEntry)[],
  options: AssembleOptions = {},
): Promise<Assembly> {
  checkOptions('assemble', options, ASSEMBLE_OPTIONS)
  const target = readNewName(name, 'assemble(name)')
  const sources = readEntries(entries, target)
  const call = { signal: options.signal }
  await using images = openImages(options)
  let all: readonly FoundImage[] = []
  let current: StoredManifest | undefined
  let before: Digest | undefined
  const collect = async (own: RegistryCall) => {
    all = await collectAll(sources, {
      registry: images,
      target: repositoryOf(target),
      trustDeclared: options.trustDeclared ?? false,
      call: own,
    })
  }
  const readTarget = async (own: RegistryCall) => {
    if (!options.allowRemoval) current = await readNamed(target, images, own)
    before = options.allowRemoval ? await digestNamed(target, images, own) : current?.descriptor.digest
  }
  await allOrNone([collect, readTarget], call, (task, own) => task(own))
  if (options.duplicates !== 'last') refuseDuplicates(all)
  const found = options.duplicates === 'last' ? lastOfEach(all) : all
  const index = encodeIndex(
    found.map(({ descriptor }) => descriptor),
    options.annotations,
    isLayout(target),
  )
  const update = { reference: target, current, next: index }
  if (!options.allowRemoval) await refuseRemovals(update, images, call)
  const copied = await copyImages(found, { target, referrers: options.referrers ?? true }, images, call)
  if (!options.allowRemoval) await refuseNewRemovals(update, images, call)
  if (target.tag === undefined) await images.putManifest(target, index, call)
  else await writeName({ reference: target, manifest: index, before }, images, call)
  const { digest, mediaType } = index.descriptor
  return {
    digest,
    mediaType,
    manifests: 'manifests' in index.content ? index.content.manifests : [],
    referrers: copied.flatMap(({ referrers }) => referrers),
    notes: [...found, ...copied].flatMap(({ notes }) => notes),
  }
}

async function collectAll(sources: readonly AssemblySource[], collecting: Collecting): Promise<readonly FoundImage[]> {
  const found = await allOrNone(sources, collecting.call, (source, call) =>
    collectImages(source, { ...collecting, call }),
  )
  return found.flat()
}

/** Copies images from other repositories to that of the index. */
async function copyImages(
  found: readonly FoundImage[],
  { target, referrers }: { readonly target: Reference; readonly referrers: boolean },
  registry: Registry,
  call: RegistryCall,
): Promise<readonly CopyResult[]> {
  const elsewhere = found.filter(({ reference, manifest }) => !manifest || !sameRepository(reference, target))
  return await allOrNone(elsewhere, call, ({ reference, manifest, isThere }, own) => {
    const to = { ...repositoryOf(target), ...digestOnly(reference) }
    return copyManifest(registry, reference, to, { referrers, ...(manifest && { source: manifest, isThere }), ...own })
  })
}

const ENTRY_FIELDS = ['image', 'platform', 'annotations']

function readEntries(entries: readonly (string | AssembleEntry)[], target: Reference): readonly AssemblySource[] {
  const issues: Issue[] = []
  if (entries.length === 0)
    issues.push({ path: 'assemble(entries)', message: 'the list is empty', hint: 'add an image' })
  const sources = entries.map((given, at): AssemblySource => {
    const entry = typeof given === 'string' ? { image: given } : given
    const path = `assemble(entries[${at}])`
    const unknown = Object.keys(entry).find((name) => !ENTRY_FIELDS.includes(name))
    if (unknown !== undefined)
      issues.push({ path, message: `field '${unknown}' does not exist`, hint: suggest(unknown, ENTRY_FIELDS) })
    const platform = entry.platform === undefined ? undefined : parsePlatform(entry.platform)
    if (entry.platform !== undefined && (platform === undefined || !isKnownPlatform(platform))) {
      issues.push({ path, ...unreadablePlatform(entry.platform) })
    }
    return { path, written: entry, reference: sourceNamed(entry.image, path, target), platform }
  })
  if (issues.length > 0) throw new DefinitionError(issues, 'USAGE')
  return sources
}

/** A digest would be parsed as a tag of a repository named `sha256`. */
function sourceNamed(image: string, path: string, target: Reference): Reference {
  return isDigest(image) ? { ...repositoryOf(target), digest: image } : imageNamed(readName(image, path))
}

function digestOnly({ digest }: FoundImage['reference']): { readonly digest: Digest } {
  if (digest === undefined) throw new TypeError('what was found has a digest')
  return { digest }
}

/** Images first, because old engines use the first matching entry; then their attestations. */
function encodeIndex(descriptors: readonly Descriptor[], annotations: Annotations | undefined, isForLayout: boolean) {
  const images = descriptors.filter((one) => !isAttestation(one))
  const sorted = images.toSorted((a, b) => (a.platform && b.platform ? comparePlatforms(a.platform, b.platform) : 0))
  const manifests = [...sorted, ...descriptors.filter(isAttestation)]
  const isPlain = !isForLayout && annotations === undefined && manifests.every((one) => one.annotations === undefined)
  const isDocker = isPlain && manifests.every(({ mediaType }) => mediaType === MEDIA_TYPES.dockerManifest)
  if (manifests.length === 0) throw new RegistryError('PLATFORM_MISSING', 'the entries have no image')
  return encodeManifest(
    { schemaVersion: 2, manifests, ...(annotations !== undefined && { annotations }) },
    isDocker ? MEDIA_TYPES.dockerManifestList : MEDIA_TYPES.ociIndex,
  )
}
