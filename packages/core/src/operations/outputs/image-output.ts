import { createReadStream } from 'node:fs'
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PlacedImage } from '../../image-files/image-entries.js'
import { contentPath } from '../../layout/layout-format.js'
import { parseLayoutReference } from '../../layout/layout-reference.js'
import { withLayouts } from '../../layout/layout-registry.js'
import { type Descriptor, isForeign, onePerDigest } from '../../model/oci.js'
import { formatReference, type Reference } from '../../model/reference.js'
import { copyManifest } from '../../registry/copy/copy.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { type AddEntry, writeArchive } from './pack-archive.js'

/** The tag in a layout if the pipeline has no tags. */
const DEFAULT_TAG = 'latest'

/** An archive to write, with the names that the image has in it. */
interface ImageArchive {
  readonly path: string
  readonly names: readonly Reference[]
}

/** Writes an image or index with all that it refers to as an image layout in an archive. */
export async function writeLayoutArchive(
  source: Reference,
  { path, names }: ImageArchive,
  registry: Registry,
  call: RegistryCall,
): Promise<void> {
  await withFolder(path, async (folder) => {
    const layout = layoutReference(folder, names[0]?.tag ?? DEFAULT_TAG)
    await copyManifest(withLayouts(registry), source, layout, call)
    await packFolder(folder, path, call.signal)
  })
}

/**
 * Writes an image as an archive that `docker load` reads, older engines included: its config and layers, and a
 * `manifest.json` that lists them with the image's names.
 */
export async function writeDockerArchive(
  { reference, manifest }: PlacedImage,
  { path, names }: ImageArchive,
  registry: Registry,
  call: RegistryCall,
): Promise<void> {
  const { config, layers } = manifest
  await withFolder(path, async (folder) => {
    const layouts = withLayouts(registry)
    const blobs = onePerDigest([config, ...layers].filter((blob) => !isForeign(blob)))
    for (const blob of blobs) await layouts.copyBlob(reference, layoutReference(folder), blob, call)
    await rm(join(folder, 'oci-layout'))
    const list = [
      {
        Config: pathOf(config),
        RepoTags: names.filter(({ tag }) => tag !== undefined).map(formatReference),
        Layers: layers.map(pathOf),
      },
    ]
    await writeFile(join(folder, 'manifest.json'), JSON.stringify(list))
    await packFolder(folder, path, call.signal)
  })
}

function pathOf({ digest }: Descriptor): string {
  return contentPath('', digest)
}

function layoutReference(folder: string, tag?: string): Reference {
  const reference = parseLayoutReference(tag === undefined ? `oci:${folder}` : `oci:${folder}:${tag}`)
  if (reference === undefined) throw new TypeError(`'${folder}' is not a directory of a layout`)
  return reference
}

/** Makes a temporary folder beside a file, on the same disk. */
async function withFolder(path: string, work: (folder: string) => Promise<void>): Promise<void> {
  const folder = `${path}.content`
  await mkdir(folder)
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Packs a folder sorted by name, so that equal content gives equal bytes. */
async function packFolder(folder: string, path: string, signal: AbortSignal | undefined): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
  const addAll = async (add: AddEntry) => {
    for (const name of names) {
      const file = join(folder, name)
      const { size } = await stat(file)
      const header = { name: name.replaceAll('\\', '/'), type: 'file' as const, mode: 0o644, mtime: new Date(0), size }
      await add(header, createReadStream(file))
    }
  }
  await writeArchive(path, addAll, signal)
}
