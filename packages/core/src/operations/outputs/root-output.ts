import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Header } from 'tar-stream'
import { TarFolder } from '../../context/tar/tar-folder.js'
import type { PlacedImage } from '../../image-files/image-entries.js'
import { formatPlatform, type Platform } from '../../model/platform.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { type AddEntry, writeArchive } from './pack-archive.js'
import { readRootFiles } from './root-files.js'

/** An image whose root file system is written, with its platform. */
export interface RootImage extends PlacedImage {
  readonly platform: Platform
}

/** Writes root file systems into a directory: one in it, several in directories such as `linux_arm_v7`. */
export async function writeRootDirectory(
  images: readonly RootImage[],
  path: string,
  registry: Registry,
  call: RegistryCall,
): Promise<void> {
  await mkdir(path)
  for (const image of images) {
    const directory = images.length === 1 ? path : join(path, platformFolder(image.platform))
    await mkdir(directory, { recursive: true })
    const folder = new TarFolder(directory)
    await readRootFiles(image, (header, content) => folder.add(header, content), registry, call)
    await folder.finish()
  }
  // The root of an image may be readable by its owner only, which is the user here.
  await chmod(path, 0o755)
}

/** Writes root file systems into an archive, with the owners that files have in the image. */
export async function writeRootArchive(
  images: readonly RootImage[],
  path: string,
  registry: Registry,
  call: RegistryCall,
): Promise<void> {
  const addAll = async (add: AddEntry) => {
    for (const image of images) {
      const prefix = images.length === 1 ? '' : `${platformFolder(image.platform)}/`
      if (prefix !== '') await add({ name: prefix, type: 'directory', mode: 0o755, mtime: new Date(0) })
      await readRootFiles(image, (header, content) => add(below(prefix, header), content), registry, call)
    }
  }
  await writeArchive(path, addAll, call.signal)
}

/** An entry in another directory; the target of a hard link is a path of the archive. */
function below(prefix: string, header: Header): Header {
  const name = prefix + header.name
  return header.type === 'link' ? { ...header, name, linkname: prefix + header.linkname } : { ...header, name }
}

/** As `docker buildx build` names it: `linux_arm_v7`. */
function platformFolder(platform: Platform): string {
  return formatPlatform(platform).replaceAll('/', '_')
}
