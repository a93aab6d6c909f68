import { randomUUID } from 'node:crypto'
import { access, mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { removeStaleDrafts } from '../host/stale-drafts.js'
import { HostError, RegistryError } from '../model/errors.js'
import { isMissing } from '../model/is-missing.js'
import { LIMITS } from '../model/limits.js'
import { type Descriptor, type ImageIndex, isIndex, MEDIA_TYPES } from '../model/oci.js'
import { formatReference, type Reference } from '../model/reference.js'
import { parseManifest } from '../registry/manifests/schema.js'
import { replaceFile } from './durable-file.js'
import { exclusively } from './exclusive.js'
import { contentFolder, INCOMING, LAYOUT_MARKER, REF_NAME, repositoriesFolder } from './layout-format.js'

/**
 * Creates an image layout in a directory, unless it exists.
 *
 * @throws HostError DIRECTORY_IN_USE if the embedded registry owns it.
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md
 */
export async function makeLayout(directory: string): Promise<void> {
  await refuseRegistryStore(directory)
  await mkdir(contentFolder(directory), { recursive: true })
  const marker = join(directory, 'oci-layout')
  await removeStaleDrafts(directory, INCOMING)
  if (!(await exists(marker))) await replaceIn(directory, marker, LAYOUT_MARKER)
}

/** @throws HostError DIRECTORY_IN_USE */
async function refuseRegistryStore(directory: string): Promise<void> {
  if (!(await exists(repositoriesFolder(directory)))) return
  throw new HostError('DIRECTORY_IN_USE', `${directory} belongs to the embedded registry`, {
    hint: `write to the registry: 'npx tsx build.ts serve ${directory}'`,
  })
}

/** The entries of a layout's `index.json`; none if there is no such file. @throws RegistryError MANIFEST_UNSUPPORTED */
export async function readLayoutIndex(directory: string): Promise<ImageIndex> {
  const path = join(directory, 'index.json')
  const stats = await stat(path).catch((error: unknown) => {
    if (!isMissing(error)) throw error
  })
  if (stats === undefined) return { schemaVersion: 2, manifests: [] }
  // Reading a pipe would block.
  if (!stats.isFile() || stats.size > LIMITS.layoutIndex)
    throw new RegistryError(
      'MANIFEST_UNSUPPORTED',
      `${path} is not a file, or has more than ${LIMITS.layoutIndex} bytes`,
    )
  const bytes = await readFile(path)
  const { content } = parseManifest(bytes, MEDIA_TYPES.ociIndex, path)
  if (!isIndex(content)) throw new RegistryError('MANIFEST_UNSUPPORTED', `${path} is not an image index`)
  return content
}

/** Names of a layout's entries. */
export function layoutNames({ manifests }: ImageIndex): readonly string[] {
  return manifests.flatMap(({ annotations }) => annotations?.[REF_NAME] ?? [])
}

/** The entry with the reference's name; without one, the only named entry, else the only one. @throws RegistryError NOT_FOUND */
export function findEntry(index: ImageIndex, reference: Reference): Descriptor | undefined {
  const { manifests } = index
  const { tag: name } = reference
  if (name !== undefined) {
    return manifests.find((entry) => hasName(entry, name))
  }
  const named = manifests.filter(({ annotations }) => annotations?.[REF_NAME] !== undefined)
  if (named.length === 1 || manifests.length <= 1) return named[0] ?? manifests[0]
  throw new RegistryError('NOT_FOUND', `${formatReference(reference)} has ${manifests.length} images`, {
    hint: `add its name, as in 'oci:DIR:NAME': ${layoutNames(index).join(', ')}`,
  })
}

/** Moves a name to an entry. */
export async function nameEntry(directory: string, name: string, descriptor: Descriptor): Promise<void> {
  const named = { ...descriptor, annotations: { ...descriptor.annotations, [REF_NAME]: name } }
  const isReplaced = (entry: Descriptor) =>
    hasName(entry, name) || (entry.digest === descriptor.digest && entry.annotations?.[REF_NAME] === undefined)
  await changeEntries(directory, (entries) => [...entries.filter((entry) => !isReplaced(entry)), named])
}

/** Lists manifests without a name: only listed manifests are searched for attachments. */
export async function listEntries(directory: string, descriptors: readonly Descriptor[]): Promise<void> {
  await changeEntries(directory, (entries) => {
    const listed = new Set(entries.map(({ digest }) => digest))
    return [...entries, ...descriptors.filter(({ digest }) => !listed.has(digest))]
  })
}

/** Removes entries that do not match a filter. */
export async function removeEntries(directory: string, isKept: (entry: Descriptor) => boolean): Promise<void> {
  await refuseRegistryStore(directory)
  await changeEntries(directory, (entries) => entries.filter(isKept))
}

/** Whether an entry of `index.json` has a name. */
export function hasName({ annotations }: Descriptor, name: string): boolean {
  return annotations?.[REF_NAME] === name
}

/** Reads and rewrites the index while holding the lock. */
async function changeEntries(
  directory: string,
  change: (entries: readonly Descriptor[]) => readonly Descriptor[],
): Promise<void> {
  await exclusively(directory, async () => {
    const index = await readLayoutIndex(directory)
    const text = JSON.stringify({ ...index, mediaType: MEDIA_TYPES.ociIndex, manifests: change(index.manifests) })
    await replaceIn(directory, join(directory, 'index.json'), text)
  })
}

async function replaceIn(directory: string, path: string, text: string): Promise<void> {
  await replaceFile(path, join(directory, `${INCOMING}${randomUUID()}`), text)
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
