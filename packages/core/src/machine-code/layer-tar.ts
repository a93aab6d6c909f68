import type { Duplex, Readable } from 'node:stream'
import * as zlib from 'node:zlib'
import { type Descriptor, isForeign } from '../model/oci.js'
import { type Repository, repositoryOf } from '../model/reference.js'
import type { Registry, RegistryCall } from '../registry/port.js'

/** Why the files of a layer cannot be read. */
export interface UnreadableLayer {
  readonly because: string
}

/** Opens the uncompressed tar of a layer. It fails at its end if the bytes do not match the layer's digest. */
export async function openLayerTar(
  registry: Registry,
  repository: Repository,
  layer: Descriptor,
  call: RegistryCall,
): Promise<Readable | UnreadableLayer> {
  if (isForeign(layer)) return { because: `layer ${layer.digest} is not in the registry` }
  const unpack = decompressor(layer.mediaType)
  if (unpack === 'missing') return { because: 'a layer is compressed with zstd, which requires Node.js 22.15' }
  const blob = await registry.readBlob(repositoryOf(repository), layer, call)
  return unpack === undefined ? blob : chain(blob, unpack)
}

function decompressor(mediaType: string): Duplex | undefined | 'missing' {
  if (/[.+]gzip$/.test(mediaType)) return zlib.createGunzip()
  if (!/[.+]zstd$/.test(mediaType)) return undefined
  // Node.js 20 has no zstd.
  const { createZstdDecompress } = zlib as { readonly createZstdDecompress?: () => Duplex }
  return createZstdDecompress?.() ?? 'missing'
}

/** Unlike `pipe` alone, passes on errors, and ends the blob with the reader. */
function chain(blob: Readable, unpack: Duplex): Readable {
  blob.once('error', (error) => unpack.destroy(error))
  unpack.once('close', () => blob.destroy())
  return blob.pipe(unpack)
}
