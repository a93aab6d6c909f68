import { Readable } from 'node:stream'
import type { Header } from 'tar-stream'
import { eachLayerEntry } from '../../machine-code/layer-entries.js'
import { openLayerTar } from '../../machine-code/layer-tar.js'
import { CancelledError, PolyarchError, RegistryError } from '../../model/errors.js'
import type { ImageManifest } from '../../model/oci.js'
import { formatReference, type Reference } from '../../model/reference.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { MergedLayers } from './merged-layers.js'

/** An image in a repository. */
export interface PlacedImage {
  readonly reference: Reference
  readonly manifest: ImageManifest
}

/** Prefix of extended attributes in a tar archive. */
const XATTR = 'SCHILY.xattr.'

/** Takes the entries of a root file system, one after the other. */
export type EntrySink = (header: Header, content: Readable) => Promise<void>

/**
 * Sends the root file system of an image to a sink: directories first, then each file, with its hard links after it. The
 * layers are read twice: which entries are in the image is known only at the end of the last one.
 *
 * @throws RegistryError MANIFEST_UNSUPPORTED for a layer that cannot be read; CancelledError
 */
export async function readRootFiles(
  image: PlacedImage,
  sink: EntrySink,
  registry: Registry,
  call: RegistryCall,
): Promise<void> {
  const merged = new MergedLayers()
  await eachEntry(image, registry, call, async (header, content, layer, entry) => {
    content.resume()
    merged.add(header, layer, entry)
  })
  for (const [name, header] of merged.directories()) {
    if (name !== '') await sink(headerOf(header, { name: `${name}/` }), emptyContent())
  }
  await eachEntry(image, registry, call, async (_header, content, layer, entry) => {
    const file = merged.fileAt(layer, entry)
    const [first, ...others] = file?.paths ?? []
    if (file === undefined || first === undefined) return void content.resume()
    await sink(headerOf(file.header, { name: first }), content)
    for (const name of others) {
      await sink(headerOf(file.header, { name, type: 'link', linkname: first, size: 0 }), emptyContent())
    }
  })
}

type EachEntry = (header: Header, content: Readable, layer: number, entry: number) => Promise<void>

/** Calls a function with every entry of every layer, in their order; it reads the content of each to its end. */
async function eachEntry(
  { reference, manifest }: PlacedImage,
  registry: Registry,
  call: RegistryCall,
  handle: EachEntry,
): Promise<void> {
  for (const [at, layer] of manifest.layers.entries()) {
    const tar = await openLayerTar(registry, reference, layer, call)
    if ('because' in tar) throw unreadable(reference, tar.because)
    let entry = 0
    try {
      await eachLayerEntry(tar, async (one) => {
        requirePath(one.header)
        await handle(one.header, one, at, entry)
        entry += 1
      })
    } catch (error) {
      if (error instanceof PolyarchError) throw error
      if (call.signal?.aborted) throw new CancelledError(call.signal.reason)
      throw unreadable(reference, `layer ${layer.digest}: ${(error as Error).message}`, error)
    }
  }
}

/** tar-stream reads names as UTF-8, and replaces what is none. */
function requirePath({ name, linkname }: Header): void {
  if (name.split('/').includes('..')) throw new Error(`path '${name}' is outside of the directory`)
  if (!`${name}${linkname ?? ''}`.includes('\uFFFD')) return
  throw new Error(`name '${name}' is not UTF-8`)
}

/** A header with other fields; of the extended ones, which would go before these, extended attributes alone are kept. */
function headerOf(header: Header, changes: Partial<Header>): Header {
  const { pax = {}, ...rest } = header as Header & { readonly pax?: Readonly<Record<string, string>> | null }
  const kept = Object.entries(pax ?? {}).filter(([name]) => name.startsWith(XATTR))
  return { ...rest, ...changes, ...(kept.length > 0 && { pax: Object.fromEntries(kept) }) }
}

function emptyContent(): Readable {
  return Readable.from([])
}

function unreadable(reference: Reference, because: string, cause?: unknown): RegistryError {
  const message = `the root file system of ${formatReference(reference)} cannot be written: ${because}`
  return new RegistryError('MANIFEST_UNSUPPORTED', message, { cause })
}
