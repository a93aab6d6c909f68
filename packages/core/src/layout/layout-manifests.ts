import { Readable } from 'node:stream'
import { algorithmOf, type Digest } from '../model/digest.js'
import { RegistryError } from '../model/errors.js'
import { LIMITS } from '../model/limits.js'
import {
  type Descriptor,
  type ImageIndex,
  isForeign,
  isIndex,
  onePerDigest,
  type StoredManifest,
} from '../model/oci.js'
import { formatReference, type Reference } from '../model/reference.js'
import { isManifestEntry } from '../registry/manifests/index-entries.js'
import { mismatch, tooLarge } from '../registry/manifests/reader.js'
import { referrerOf, referrersTag } from '../registry/manifests/referrers.js'
import { parseManifest } from '../registry/manifests/schema.js'
import { contentSize, readContent, writeContent } from './layout-content.js'
import { LAYOUT_TYPES } from './layout-format.js'
import {
  findEntry,
  hasName,
  listEntries,
  makeLayout,
  nameEntry,
  readLayoutIndex,
  removeEntries,
} from './layout-index.js'

/** The manifest under a name or digest. @throws RegistryError DIGEST_MISMATCH, MANIFEST_UNSUPPORTED, NOT_FOUND */
export async function getFromLayout(directory: string, reference: Reference): Promise<StoredManifest | undefined> {
  const digest = reference.digest ?? findEntry(await readLayoutIndex(directory), reference)?.digest
  return digest && readManifest(directory, digest)
}

/**
 * Puts a manifest under the reference's name, else under its digest only. All its content must exist.
 *
 * @throws RegistryError MANIFEST_UNSUPPORTED, DIGEST_MISMATCH, NOT_FOUND; HostError DIRECTORY_IN_USE
 */
export async function putIntoLayout(directory: string, reference: Reference, manifest: StoredManifest): Promise<void> {
  const { descriptor, bytes } = manifest
  const { tag, digest = descriptor.digest } = reference
  if (digest !== descriptor.digest) throw mismatch(formatReference(reference), descriptor.digest)
  if (tag !== undefined) checkLayoutType(reference, descriptor)
  await makeLayout(directory)
  await checkComplete(directory, reference, manifest)
  await writeContent(directory, { descriptor, open: () => Readable.from([bytes]) })
  if (tag !== undefined) await nameEntry(directory, tag, descriptor)
  await listAttachment(directory, manifest)
}

/** Lists an attachment and what it is attached to, as `oras` does. */
async function listAttachment(directory: string, { descriptor, content }: StoredManifest): Promise<void> {
  const { subject } = content
  if (subject === undefined || !LAYOUT_TYPES.has(descriptor.mediaType)) return
  const { mediaType, digest, size } = subject
  const isThere = LAYOUT_TYPES.has(mediaType) && (await contentSize(directory, digest)) !== undefined
  await listEntries(directory, [...(isThere ? [{ mediaType, digest, size }] : []), descriptor])
}

/** The entries of a layout's index that are attached to a manifest. @throws RegistryError DIGEST_MISMATCH, MANIFEST_UNSUPPORTED */
export async function referrersInLayout(
  directory: string,
  subject: Digest,
  artifactType?: string,
): Promise<readonly Descriptor[]> {
  const index = await readLayoutIndex(directory)
  const listed = onePerDigest(index.manifests.filter(({ mediaType }) => LAYOUT_TYPES.has(mediaType)))
  const found: Descriptor[] = []
  for (const { digest } of listed) {
    const manifest = await readManifest(directory, digest)
    if (manifest?.content.subject?.digest === subject) found.push(referrerOf(manifest))
  }
  const all = onePerDigest([...found, ...(await referrersByName(directory, index, subject))])
  return artifactType === undefined ? all : all.filter((one) => one.artifactType === artifactType)
}

/** Reads the fallback tag of the referrers API: tools that copy a repository tag by tag copy it too. */
async function referrersByName(directory: string, index: ImageIndex, subject: Digest): Promise<readonly Descriptor[]> {
  const { tag = '' } = referrersTag({ registry: '', repository: '' }, subject)
  const entry = index.manifests.find((one) => hasName(one, tag))
  const listed = entry && (await readManifest(directory, entry.digest))
  return listed && isIndex(listed.content) ? listed.content.manifests : []
}

/** Removes a name or, by digest, all names of a manifest; the content is kept. */
export async function removeFromLayout(directory: string, { tag, digest }: Reference): Promise<void> {
  await removeEntries(directory, (entry) => (tag === undefined ? entry.digest !== digest : !hasName(entry, tag)))
}

async function readManifest(directory: string, digest: Digest): Promise<StoredManifest | undefined> {
  const where = `${digest} in ${directory}`
  if (((await contentSize(directory, digest)) ?? 0) > LIMITS.manifest) throw tooLarge(where)
  const bytes = await readContent(directory, digest)
  return bytes && parseManifest(bytes, undefined, where, algorithmOf(digest))
}

/**
 * Checks the references of a manifest, as a registry does before it accepts one: a layout may lack content that other
 * tools have deleted.
 */
async function checkComplete(directory: string, reference: Reference, { content }: StoredManifest): Promise<void> {
  const parts = isIndex(content)
    ? content.manifests
    : [content.config, ...content.layers.filter((one) => !isForeign(one))]
  for (const part of parts) {
    const { digest } = part
    if ((await contentSize(directory, digest)) === undefined) throw incomplete(directory, reference, digest)
    const child = isIndex(content) && isManifestEntry(part) ? await readManifest(directory, digest) : undefined
    if (child !== undefined) await checkComplete(directory, reference, child)
  }
}

function incomplete(directory: string, reference: Reference, digest: Digest): RegistryError {
  return new RegistryError('NOT_FOUND', `${formatReference(reference)} refers to ${digest}, which does not exist`, {
    hint: `another program deleted files from ${directory}: copy to another directory`,
  })
}

/** Rejects media types that may not have a name in a layout. @throws RegistryError MANIFEST_UNSUPPORTED */
export function checkLayoutType(reference: Reference, { mediaType }: Pick<Descriptor, 'mediaType'>): void {
  if (LAYOUT_TYPES.has(mediaType)) return
  throw new RegistryError(
    'MANIFEST_UNSUPPORTED',
    `${formatReference(reference)} cannot name a manifest of the type '${mediaType}'`,
    { hint: 'image layouts support OCI media types only; copy Docker schema 2 images between registries' },
  )
}
