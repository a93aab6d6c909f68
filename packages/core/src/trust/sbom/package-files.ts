import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { Header } from 'tar-stream'
import { eachImageEntry, type LayeredImage } from '../../image-files/image-entries.js'
import { type MergedFile, MergedLayers } from '../../image-files/merged-layers.js'
import { RegistryError } from '../../model/errors.js'
import { LIMITS } from '../../model/limits.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { type GoBuildInfo, readGoBuildInfo } from './go-build-info.js'

/** The files of an image that list packages, by path without a slash before it. */
export interface PackageFiles {
  readonly files: ReadonlyMap<string, Buffer>
  /** Programs of Go. */
  readonly programs: ReadonlyMap<string, GoBuildInfo>
}

/**
 * Reads some files of an image, merged from its layers. Each layer is read once, to its end.
 *
 * @param isWanted - whether a file with this path is read
 * @throws RegistryError MANIFEST_UNSUPPORTED if a layer cannot be read, or the files are too large
 */
export async function readPackageFiles(
  image: LayeredImage,
  isWanted: (path: string) => boolean,
  registry: Registry,
  call: RegistryCall,
): Promise<PackageFiles> {
  const merged = new MergedLayers()
  const files = new ReadFiles(isWanted)
  try {
    await eachImageEntry(image, registry, call, async (header, content, layer, entry) => {
      merged.add(header, layer, entry)
      const file = merged.fileAt(layer, entry)
      if (file === undefined) content.resume()
      else await files.add(header, content, file)
    })
  } catch (error) {
    throw error instanceof RegistryError && error.code === 'MANIFEST_UNSUPPORTED' ? notListed(error) : error
  }
  return files.visible()
}

/** Collects files from all layers; which of them are in the image is known after the last layer. */
class ReadFiles {
  readonly #isWanted: (path: string) => boolean
  readonly #files = new Map<MergedFile, Buffer>()
  readonly #programs = new Map<MergedFile, GoBuildInfo>()
  #size = 0

  constructor(isWanted: (path: string) => boolean) {
    this.#isWanted = isWanted
  }

  async add({ type, size = 0 }: Header, content: Readable, file: MergedFile): Promise<void> {
    if (type !== 'file' && type !== 'contiguous-file') return void content.resume()
    if (![...file.paths].some(this.#isWanted)) {
      const program = await readGoBuildInfo(content)
      if (program !== undefined) this.#programs.set(file, program)
      return
    }
    this.#size += size
    if (this.#size > LIMITS.packageFiles)
      throw new Error(`its package lists have more than ${LIMITS.packageFiles} bytes`)
    this.#files.set(file, await buffer(content))
  }

  visible(): PackageFiles {
    return { files: byPath(this.#files, this.#isWanted), programs: byPath(this.#programs, () => true) }
  }
}

/** A file that upper layers hide has no path left; one with hard links has several. */
function byPath<T>(found: ReadonlyMap<MergedFile, T>, isWanted: (path: string) => boolean): ReadonlyMap<string, T> {
  return new Map(
    [...found].flatMap(([{ paths }, value]) => [...paths].filter(isWanted).map((path) => [path, value] as const)),
  )
}

function notListed({ message, cause }: RegistryError): RegistryError {
  return new RegistryError('MANIFEST_UNSUPPORTED', `its packages cannot be listed: ${message}`, {
    hint: 'remove sbom from attest, or name a scanner: { generator }',
    cause,
  })
}
