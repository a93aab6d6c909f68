import type { Digest } from '../../model/digest.js'
import { codeOrFlag, type PolyarchError, RegistryError } from '../../model/errors.js'
import { LIMITS } from '../../model/limits.js'
import { type Descriptor, isIndex, type StoredManifest } from '../../model/oci.js'
import { formatReference, formatRepository, type Repository } from '../../model/reference.js'
import { allOrNone } from '../all-or-none.js'
import { COSIGN_SUFFIXES, cosignReference } from '../manifests/cosign-tags.js'
import { checkEntry, holdsEntry } from '../manifests/index-entries.js'
import type { RegistryCall } from '../port.js'
import { type ContentCopy, copyContent } from './copy-content.js'

/** A signature, an SBOM or another artifact that refers to an image. */
export interface CopiedReferrer {
  readonly digest: Digest
  /** The digest that it refers to. */
  readonly subject: Digest
  readonly artifactType?: string
  /** Its tag, if it was found by one of cosign's tags. */
  readonly tag?: string
}

/** A referrer of a manifest, with its content. */
export interface FoundReferrer extends CopiedReferrer {
  readonly descriptor: Descriptor
}

/**
 * Finds the referrers of manifests: by the referrers API, by the fallback tag, and by cosign's tags.
 * Referrers of these referrers are found as well, up to a limit.
 *
 * @returns by level: the referrers of the subjects, then the referrers of those.
 * @throws RegistryError MANIFEST_UNSUPPORTED beyond {@link LIMITS}, and any other error of the registry
 */
export async function findReferrers(
  copy: ContentCopy,
  subjects: readonly Digest[],
  call: RegistryCall | undefined,
): Promise<readonly (readonly FoundReferrer[])[]> {
  const levels: (readonly FoundReferrer[])[] = []
  const known = new Set<Digest>()
  let level = subjects
  for (let depth = 1; level.length > 0; depth += 1) {
    const unread = [...new Set(level)].filter((digest) => !known.has(digest))
    for (const digest of unread) known.add(digest)
    const found = (await allOrNone(unread, call, (digest, own) => referrersOf(copy, digest, own))).flat()
    if (found.length > 0 && depth > LIMITS.referrerDepth)
      throw tooMany(copy.from, `refer to one another more than ${LIMITS.referrerDepth} deep`)
    if (found.length > 0) levels.push(found)
    if (levels.flat().length > LIMITS.referrers) throw tooMany(copy.from, `are more than ${LIMITS.referrers}`)
    level = found.map(({ digest }) => digest)
  }
  return levels
}

/** Copies referrers level by level, so that each subject exists before its referrers. */
export async function copyReferrers(
  copy: ContentCopy,
  levels: readonly (readonly FoundReferrer[])[],
  call: RegistryCall | undefined,
): Promise<readonly CopiedReferrer[]> {
  const copied: CopiedReferrer[] = []
  const listed = new Map<Digest, Promise<readonly Descriptor[]>>()
  for (const level of levels) {
    const done = await allOrNone(level, call, (one, own) => copyReferrer(copy, one, listed, own))
    copied.push(...level.filter((_, at) => done[at]).map(({ descriptor: _, ...referrer }) => referrer))
  }
  return copied
}

async function referrersOf(copy: ContentCopy, subject: Digest, call: RegistryCall): Promise<readonly FoundReferrer[]> {
  const { registry, from } = copy
  const listed = await hinted(registry.listReferrers(from, subject, call))
  if (listed.length > LIMITS.referrers) throw tooMany(from, `are more than ${LIMITS.referrers}`)
  const byTag = await allOrNone(COSIGN_SUFFIXES, call, async (suffix, own): Promise<readonly FoundReferrer[]> => {
    const { tag = '', ...place } = cosignReference(from, subject, suffix)
    const descriptor = await ifSupported(copy, subject, () => registry.resolve({ ...place, tag }, own))
    if (descriptor === undefined || descriptor === 'unsupported') return []
    return [{ digest: descriptor.digest, subject, tag, descriptor }]
  })
  const byList = listed.map((descriptor): FoundReferrer => {
    const { digest, artifactType } = descriptor
    return { digest, subject, descriptor, ...(artifactType !== undefined && { artifactType }) }
  })
  return [...byList, ...byTag.flat()]
}

async function copyReferrer(
  copy: ContentCopy,
  { tag, ...referrer }: FoundReferrer,
  listed: Map<Digest, Promise<readonly Descriptor[]>>,
  call: RegistryCall,
): Promise<boolean> {
  const { registry, from, notes } = copy
  const { digest, subject, descriptor } = referrer
  const manifest = await ifSupported(copy, subject, async () => {
    const found = await registry.getManifest({ ...from, digest }, call)
    // The descriptor of a tag was read by HEAD, whose Content-Length is not reliable.
    if (found && tag === undefined) checkEntry(from, descriptor, found.descriptor)
    return found
  })
  if (manifest === 'unsupported') return false
  if (manifest === undefined) {
    notes.add(`${digest} refers to ${subject} in ${formatRepository(from)}, but does not exist: it was not copied`)
    return false
  }
  return tag === undefined
    ? putReferrer(copy, { subject, manifest }, listed, call)
    : putTagged(copy, tag, manifest, call)
}

/** Reads an artifact. An unsupported type, such as the former OCI artifact manifest, becomes a note. */
async function ifSupported<T>(
  { notes }: ContentCopy,
  subject: Digest,
  read: () => Promise<T>,
): Promise<T | 'unsupported'> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code !== 'MANIFEST_UNSUPPORTED') throw error
    notes.add(`an artifact that refers to ${subject} was not copied: ${error.message}`)
    return 'unsupported'
  }
}

/** Puts an artifact if the target does not list it yet: the client adds it to the list of its subject. */
async function putReferrer(
  copy: ContentCopy,
  { subject, manifest }: { readonly subject: Digest; readonly manifest: StoredManifest },
  listed: Map<Digest, Promise<readonly Descriptor[]>>,
  call: RegistryCall,
): Promise<true> {
  const { registry, to } = copy
  const { descriptor } = manifest
  const listing = listed.get(subject) ?? registry.listReferrers(to, subject, call)
  listed.set(subject, listing)
  const isListed = (await listing).some(({ digest }) => digest === descriptor.digest)
  const isHeld = await holdsEntry(registry, to, descriptor, call)
  if (isListed && isHeld) return true
  if (!isHeld) await copyContent(copy, manifest, call)
  await registry.putManifest({ ...to, digest: descriptor.digest }, manifest, call)
  return true
}

/** cosign stores all signatures of an image in one manifest. Signatures that only the target has are kept. */
async function putTagged(
  copy: ContentCopy,
  tag: string,
  manifest: StoredManifest,
  call: RegistryCall,
): Promise<boolean> {
  const { registry, from, to, notes } = copy
  const there = await registry.getManifest({ ...to, tag }, { ...call, fresh: true })
  if (there?.descriptor.digest === manifest.descriptor.digest) return true
  if (there !== undefined && !holdsAll(manifest, there)) {
    const [kept, other] = [formatReference({ ...to, tag }), formatReference({ ...from, tag })]
    notes.add(`${kept} has content that ${other} does not have: it was not changed`)
    return false
  }
  await copyContent(copy, manifest, call)
  await registry.putManifest({ ...to, tag }, manifest, call)
  return true
}

function holdsAll(manifest: StoredManifest, other: StoredManifest): boolean {
  const digests = new Set(partsOf(manifest))
  return partsOf(other).every((digest) => digests.has(digest))
}

function partsOf({ content }: StoredManifest): readonly Digest[] {
  return (isIndex(content) ? content.manifests : content.layers).map(({ digest }) => digest)
}

const HINT = `copy without them: ${codeOrFlag('referrers: false', '--no-referrers')}`

/** Not every registry can list referrers; the hint shows how to copy without them. */
async function hinted<T>(listing: Promise<T>): Promise<T> {
  try {
    return await listing
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    const { code, message, hint, exchange } = error
    throw new RegistryError(code, `the referrers cannot be listed: ${message}`, {
      hint: hint === undefined ? HINT : `${hint}; or ${HINT}`,
      cause: error,
      ...(exchange !== undefined && { exchange }),
    })
  }
}

function tooMany(from: Repository, how: string): PolyarchError {
  return new RegistryError('MANIFEST_UNSUPPORTED', `the referrers of an image in ${formatRepository(from)} ${how}`, {
    hint: HINT,
  })
}
