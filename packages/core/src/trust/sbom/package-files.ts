import { buffer } from 'node:stream/consumers'
import type { Header } from 'tar-stream'
import { eachLayerEntry, type LayerEntryStream } from '../../machine-code/layer-entries.js'
import { openLayerTar } from '../../machine-code/layer-tar.js'
import { cleanPath, splitPath, whiteoutOf } from '../../machine-code/paths.js'
import { RegistryError } from '../../model/errors.js'
import { LIMITS } from '../../model/limits.js'
import type { Descriptor } from '../../model/oci.js'
import type { Repository } from '../../model/reference.js'
import type { Registry, RegistryCall } from '../../registry/port.js'

/** The files of an image that list packages, by path without a slash before it. */
export type PackageFiles = ReadonlyMap<string, Buffer>

/** An image whose layers are in a repository. */
export interface LayeredImage {
  readonly repository: Repository
  /** The lowest first. */
  readonly layers: readonly Descriptor[]
}

/**
 * Reads some files of an image, as its layers make them up. Each layer is read once, to its end.
 *
 * @param isWanted - whether a file with this path is read
 * @throws RegistryError MANIFEST_UNSUPPORTED if a layer cannot be read, or the files are too large
 */
export async function readPackageFiles(
  { repository, layers }: LayeredImage,
  isWanted: (path: string) => boolean,
  registry: Registry,
  call: RegistryCall,
): Promise<PackageFiles> {
  const files = new CollectedFiles(isWanted)
  for (const [at, layer] of layers.entries()) {
    const tar = await openLayerTar(registry, repository, layer, call)
    if ('because' in tar) throw unreadable(layer, tar.because)
    try {
      await eachLayerEntry(tar, (entry) => files.add(entry, at))
    } catch (error) {
      if (error instanceof RegistryError || call.signal?.aborted) throw error
      throw unreadable(layer, error instanceof Error ? error.message : String(error))
    }
  }
  return files.content()
}

interface Collected {
  readonly content: Buffer
  readonly layer: number
}

class CollectedFiles {
  readonly #isWanted: (path: string) => boolean
  readonly #files = new Map<string, Collected>()
  /** Directories above the files. */
  readonly #parents = new Set<string>()
  #size = 0

  constructor(isWanted: (path: string) => boolean) {
    this.#isWanted = isWanted
  }

  async add(entry: LayerEntryStream, layer: number): Promise<void> {
    const { header } = entry
    const path = cleanPath(header.name)
    const whiteout = whiteoutOf(path)
    if (whiteout?.hides === 'content') return this.#removeBelow(whiteout.path, layer)
    if (whiteout !== undefined) return this.#remove(whiteout.path, layer)
    if (header.type === 'directory') return
    this.#remove(path, layer + 1)
    const content = this.#isWanted(path) ? await this.#read(entry, header) : undefined
    if (content !== undefined) this.#put(path, { content, layer })
  }

  content(): PackageFiles {
    return new Map([...this.#files].map(([path, { content }]) => [path, content]))
  }

  async #read(entry: LayerEntryStream, { type, size = 0, linkname = '' }: Header): Promise<Buffer | undefined> {
    // A hard link to a file of this or a lower layer.
    if (type === 'link') return this.#files.get(cleanPath(linkname))?.content
    if (type !== 'file' && type !== 'contiguous-file') return undefined
    this.#size += size
    if (this.#size > LIMITS.packageFiles)
      throw new Error(`its package lists have more than ${LIMITS.packageFiles} bytes`)
    return buffer(entry)
  }

  #put(path: string, file: Collected): void {
    this.#files.set(path, file)
    for (
      let [directory] = splitPath(path);
      directory !== '' && !this.#parents.has(directory);
      [directory] = splitPath(directory)
    )
      this.#parents.add(directory)
  }

  /** Removes a file or directory of the layers below one. */
  #remove(path: string, layer: number): void {
    const file = this.#files.get(path)
    if (file !== undefined && file.layer < layer) this.#files.delete(path)
    this.#removeBelow(path, layer)
  }

  #removeBelow(directory: string, layer: number): void {
    if (directory !== '' && !this.#parents.has(directory)) return
    const prefix = directory === '' ? '' : `${directory}/`
    for (const [path, file] of this.#files) if (path.startsWith(prefix) && file.layer < layer) this.#files.delete(path)
  }
}

function unreadable({ digest }: Descriptor, because: string): RegistryError {
  return new RegistryError('MANIFEST_UNSUPPORTED', `the packages of layer ${digest} cannot be listed: ${because}`, {
    hint: 'remove sbom from attest, or name a scanner: { generator }',
  })
}
