import { buffer } from 'node:stream/consumers'
import type { FileStatus } from '../definition/declare/image-test.js'
import { cleanPath, stepInto } from '../machine-code/paths.js'
import { RegistryError } from '../model/errors.js'
import { LIMITS } from '../model/limits.js'
import { formatReference } from '../model/reference.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import { eachEntryOf, eachImageEntry, type PlacedImage } from './image-entries.js'
import { MergedLayers } from './merged-layers.js'

const TYPES = { file: 'file', 'contiguous-file': 'file', directory: 'directory', symlink: 'symlink' } as const

/** The header of a directory that no layer describes. */
const PLAIN_DIRECTORY: FileStatus = { type: 'directory', mode: 0o755, uid: 0, gid: 0, size: 0 }

/** The files of an image, read from its layers. */
export class ImageFiles {
  readonly #image: PlacedImage
  readonly #registry: Registry
  readonly #merged: MergedLayers

  private constructor(image: PlacedImage, registry: Registry, merged: MergedLayers) {
    this.#image = image
    this.#registry = registry
    this.#merged = merged
  }

  /** Reads the list of files from every layer, once. @throws RegistryError; CancelledError */
  static async open(image: PlacedImage, registry: Registry, call: RegistryCall): Promise<ImageFiles> {
    const merged = new MergedLayers()
    await eachImageEntry(image, registry, call, async (header, content, layer, entry) => {
      content.resume()
      merged.add(header, layer, entry)
    })
    return new ImageFiles(image, registry, merged)
  }

  /** The status of an absolute path, following all links, or all but the last. */
  status(path: string, { followsLast = true } = {}): FileStatus | undefined {
    const real = this.#resolve(path, followsLast)
    const found = real === undefined ? undefined : this.#merged.at(real)
    if (found === undefined) return undefined
    const { header } = found
    if (header === undefined) return PLAIN_DIRECTORY
    const { mode = 0, uid = 0, gid = 0, size = 0, linkname } = header
    const type = TYPES[header.type as keyof typeof TYPES] ?? 'other'
    return { type, mode: mode & 0o7777, uid, gid, size, ...(type === 'symlink' && { target: linkname ?? '' }) }
  }

  /**
   * Reads a file, following links. Its layer is read again.
   *
   * @returns undefined if there is none.
   * @throws RegistryError MANIFEST_UNSUPPORTED for a file that is too large to be read
   */
  async read(path: string, call: RegistryCall): Promise<Buffer | undefined> {
    const real = this.#resolve(path, true)
    const file = real === undefined ? undefined : this.#merged.at(real)?.file
    const layer = file && this.#image.manifest.layers[file.layer]
    if (file === undefined || layer === undefined) return undefined
    const { reference } = this.#image
    const { size = 0 } = file.header
    if (size > LIMITS.testedFile) throw tooLarge(path, size, formatReference(reference))
    let content: Buffer | undefined
    await eachEntryOf({ reference, layer }, this.#registry, call, async (_header, stream, entry) => {
      if (entry === file.entry) content = await buffer(stream)
      else stream.resume()
    })
    return content
  }

  /** The path without links; undefined if it is longer, or has more links, than Linux follows. */
  #resolve(path: string, followsLast: boolean): string | undefined {
    const left = cleanPath(path).split('/').reverse()
    let done = ''
    let links = 0
    for (let parts = 0; left.length > 0; parts++) {
      if (parts > LIMITS.pathDepth) return undefined
      const next = stepInto(done, left.pop() ?? '')
      const target = left.length > 0 || followsLast ? this.#target(next) : undefined
      if (target === undefined) {
        done = next
        continue
      }
      if (++links > LIMITS.links) return undefined
      if (target.startsWith('/')) done = ''
      left.push(...target.split('/').reverse())
    }
    return done
  }

  /** The target of a symbolic link; undefined for anything else. */
  #target(path: string): string | undefined {
    const header = this.#merged.at(path)?.header
    return header?.type === 'symlink' ? (header.linkname ?? '') : undefined
  }
}

function tooLarge(path: string, size: number, image: string): RegistryError {
  const message = `${path} of ${image} has ${size} bytes, more than the limit of ${LIMITS.testedFile} for a test`
  return new RegistryError('MANIFEST_UNSUPPORTED', message, { hint: 'check it with a command test' })
}
