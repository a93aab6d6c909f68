import type { Digest } from '../../model/digest.js'
import { codeOrFlag, DefinitionError, RegistryError } from '../../model/errors.js'
import {
  formatReference,
  type ManifestReference,
  type Reference,
  type Repository,
  repositoryOf,
} from '../../model/reference.js'
import { allOrNone } from '../../registry/all-or-none.js'
import { imageNotFound } from '../../registry/image-not-found.js'
import { subjectTag } from '../../registry/manifests/cosign-tags.js'
import { isTagRefused } from '../../registry/manifests/refused-deletion.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { ownTag } from '../../steps/key.js'
import { deleteReferrers, findReferrersOf, formatReferrer } from '../deletion/referrers.js'
import { checkOptions, OPERATION_OPTIONS } from '../option-names.js'
import type { OperationOptions } from '../options.js'
import { openImages, readTarget } from './named-image.js'

/** Result of {@link remove}. */
export interface Removal {
  /** Signatures, attestations and other referrers that were deleted with the manifest: their tags, or else their digests. */
  readonly referrers: readonly string[]
}

/** Deletes a tag or a manifest. If a manifest is deleted, its referrers are too. */
export async function remove(name: string, options: OperationOptions = {}): Promise<Removal> {
  checkOptions('remove', options, OPERATION_OPTIONS)
  const reference = readTarget(name, 'remove')
  if (reference.tag === undefined && reference.digest === undefined) {
    const hint = `add the tag or digest to delete: '${name}:1.0'`
    throw new DefinitionError([{ path: 'remove', message: `'${name}' has no tag or digest`, hint }], 'USAGE')
  }
  await using images = openImages(options)
  const call = { signal: options.signal, fresh: true }
  const there = await images.resolve(reference, call)
  if (there === undefined) {
    throw imageNotFound(`${formatReference(reference)} does not exist`)
  }
  try {
    await images.deleteManifest(reference, call)
  } catch (error) {
    throw reference.digest === undefined && isTagRefused(error) ? tagRefused(error, reference, there.digest) : error
  }
  return { referrers: await removeReferrers({ ...repositoryOf(reference), digest: there.digest }, images, call) }
}

/** Deletes the referrers of a manifest that a registry no longer has. */
async function removeReferrers(
  subject: ManifestReference,
  images: Registry,
  call: RegistryCall,
): Promise<readonly string[]> {
  if ((await images.resolve(subject, call)) !== undefined) return []
  const repository = repositoryOf(subject)
  const tags = new Set(await images.listTags(repository, call))
  const all = { tags, isNeeded: () => false }
  const found = await findReferrersOf(subject, all, images, call)
  if (found.length === 0) return []
  const tagged = await digestsOfOtherTags(repository, tags, images, call)
  const referrers = found.filter(({ digest }) => !tagged.has(digest))
  const kept = await deleteReferrers(subject, referrers, images, call)
  const deleted = referrers.filter(({ digest }) => !kept.has(digest))
  return deleted.map((one) => formatReferrer(repository, one))
}

/** Referrers with user tags are kept; tags of cosign and of attestations do not count. */
async function digestsOfOtherTags(
  repository: Repository,
  tags: ReadonlySet<string>,
  images: Registry,
  call: RegistryCall,
): Promise<ReadonlySet<Digest>> {
  const others = [...tags].filter((tag) => subjectTag(tag) === undefined && ownTag(tag) !== 'attestation')
  const held = await allOrNone(others, call, (tag, own) => images.resolve({ ...repository, tag }, own))
  return new Set(held.flatMap((one) => one?.digest ?? []))
}

function tagRefused(cause: unknown, reference: Reference, digest: Digest): RegistryError {
  const { registry } = reference
  const manifest = formatReference({ ...repositoryOf(reference), digest })
  const byDigest = codeOrFlag(`remove('${manifest}')`, `npx tsx build.ts remove ${manifest}`)
  return new RegistryError(
    'REGISTRY_REJECTED',
    `${registry} does not support deletion of the tag ${formatReference(reference)}`,
    {
      hint: `if it supports deletion of manifests, delete the manifest with all its tags: ${byDigest}`,
      cause,
      ...(cause instanceof RegistryError && cause.exchange !== undefined && { exchange: cause.exchange }),
    },
  )
}
