import type { Digest } from '../../model/digest.js'
import { LIMITS } from '../../model/limits.js'
import { formatReference, type ManifestReference, type Repository, repositoryOf } from '../../model/reference.js'
import { allOrNone } from '../../registry/all-or-none.js'
import { COSIGN_SUFFIXES, cosignReference } from '../../registry/manifests/cosign-tags.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { deleteManifest, NOT_FOUND_AGAIN } from './delete-manifest.js'

/** A signature, attestation, test result or other artifact that refers to one manifest. */
export interface Referrer {
  readonly digest: Digest
  /** The tag by which cosign finds it, `sha256-….sig`. */
  readonly tag?: string
}

/** The name of a referrer, by its tag or else its digest. */
export function formatReferrer(repository: Repository, { digest, tag }: Referrer): string {
  return formatReference({ ...repository, ...(tag === undefined ? { digest } : { tag }) })
}

/** Which of the referrers in a repository are found, and which belong to more than their subject. */
export interface ReferrerSearch {
  /** All tags of the repository. */
  readonly tags: ReadonlySet<string>
  /** Whether something else needs a referrer: a tag, or an index that lists it. */
  isNeeded(referrer: Referrer): boolean
}

/**
 * Finds what refers to a manifest and to nothing else: by the registry's list and by cosign's tags. Referrers of these are
 * found as well.
 */
export async function findReferrersOf(
  subject: ManifestReference,
  { tags, isNeeded }: ReferrerSearch,
  registry: Registry,
  call: RegistryCall,
): Promise<readonly Referrer[]> {
  const found = new Map<Digest, Referrer>()
  const repository = repositoryOf(subject)
  let level: readonly Digest[] = [subject.digest]
  for (let depth = 0; depth < LIMITS.referrerDepth && level.length > 0; depth += 1) {
    const read = await allOrNone(level, call, (digest, own) =>
      referrersOf({ ...repository, digest }, tags, registry, own),
    )
    const below = read.flat().filter((one) => one.digest !== subject.digest && !found.has(one.digest) && !isNeeded(one))
    for (const one of below) found.set(one.digest, one)
    level = below.map(({ digest }) => digest)
  }
  return [...found.values()]
}

async function referrersOf(
  subject: ManifestReference,
  tags: ReadonlySet<string>,
  registry: Registry,
  call: RegistryCall,
): Promise<readonly Referrer[]> {
  const { digest: subjectDigest } = subject
  const listed = await registry.listReferrers(repositoryOf(subject), subjectDigest, { ...call, fresh: true })
  const named = COSIGN_SUFFIXES.map((suffix) => cosignReference(subject, subjectDigest, suffix))
  const tagged = await allOrNone(
    named.filter(({ tag }) => tags.has(tag)),
    call,
    async (reference, own): Promise<readonly Referrer[]> => {
      const held = await registry.resolve(reference, { ...own, fresh: true })
      return held === undefined ? [] : [{ digest: held.digest, tag: reference.tag }]
    },
  )
  return [...tagged.flat(), ...listed.map(({ digest }) => ({ digest }))]
}

/**
 * Deletes the referrers of a manifest that has been deleted. Some registries have deleted them with the manifest.
 *
 * @returns by digest, why one is kept.
 */
export async function deleteReferrers(
  subject: ManifestReference,
  referrers: readonly Referrer[],
  registry: Registry,
  call: RegistryCall,
): Promise<ReadonlyMap<Digest, string>> {
  const repository = repositoryOf(subject)
  const kept = new Map<Digest, string>()
  for (const one of referrers) {
    const because = await deleteReferrer(repository, one, registry, call)
    if (because !== undefined) kept.set(one.digest, because)
  }
  return kept
}

async function deleteReferrer(
  repository: Repository,
  { digest, tag }: Referrer,
  registry: Registry,
  call: RegistryCall,
): Promise<string | undefined> {
  if (tag !== undefined) {
    const held = await registry.resolve({ ...repository, tag }, { ...call, fresh: true })
    if (held === undefined) return undefined
    if (held.digest !== digest) return 'it has moved since it was read'
  }
  const because = await deleteManifest({ ...repository, digest }, tag === undefined ? [] : [tag], registry, call)
  return because === NOT_FOUND_AGAIN ? undefined : because
}
