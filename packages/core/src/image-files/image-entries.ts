import type { Readable } from 'node:stream'
import type { Header } from 'tar-stream'
import { eachLayerEntry } from '../machine-code/layer-entries.js'
import { openLayerTar } from '../machine-code/layer-tar.js'
import { CancelledError, PolyarchError, RegistryError } from '../model/errors.js'
import type { Descriptor, ImageManifest } from '../model/oci.js'
import { formatReference, type Reference } from '../model/reference.js'
import type { Registry, RegistryCall } from '../registry/port.js'

/** The layers of an image in a repository. */
export interface LayeredImage {
  readonly reference: Reference
  readonly manifest: Pick<ImageManifest, 'layers'>
}

/** An image in a repository. */
export interface PlacedImage extends LayeredImage {
  readonly manifest: ImageManifest
}

/**
 * Handles an entry of a layer: its header, its content, and its index in the layer. It must read the content to its
 * end.
 */
type LayerEntryHandler = (header: Header, content: Readable, entry: number) => Promise<void>

/**
 * Calls a function with every entry of every layer, in order.
 *
 * @throws RegistryError MANIFEST_UNSUPPORTED for a layer that cannot be read; CancelledError
 */
export async function eachImageEntry(
  { reference, manifest }: LayeredImage,
  registry: Registry,
  call: RegistryCall,
  handle: (header: Header, content: Readable, layer: number, entry: number) => Promise<void>,
): Promise<void> {
  for (const [at, layer] of manifest.layers.entries()) {
    const own: LayerEntryHandler = (header, content, entry) => handle(header, content, at, entry)
    await eachEntryOf({ reference, layer }, registry, call, own)
  }
}

/** Calls a function with every entry of one layer. Throws as {@link eachImageEntry} does. */
export async function eachEntryOf(
  { reference, layer }: { readonly reference: Reference; readonly layer: Descriptor },
  registry: Registry,
  call: RegistryCall,
  handle: LayerEntryHandler,
): Promise<void> {
  const tar = await openLayerTar(registry, reference, layer, call)
  if ('because' in tar) throw unreadable(reference, tar.because)
  let entry = 0
  try {
    await eachLayerEntry(tar, async (one) => {
      await handle(one.header, one, entry)
      entry += 1
    })
  } catch (error) {
    if (error instanceof PolyarchError) throw error
    if (call.signal?.aborted) throw new CancelledError(call.signal.reason)
    throw unreadable(reference, `layer ${layer.digest}: ${(error as Error).message}`, error)
  }
}

function unreadable(reference: Reference, because: string, cause?: unknown): RegistryError {
  const message = `the root file system of ${formatReference(reference)} cannot be read: ${because}`
  return new RegistryError('MANIFEST_UNSUPPORTED', message, { cause })
}
