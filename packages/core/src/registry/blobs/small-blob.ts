import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { digestOf } from '../../model/digest.js'
import { RegistryError } from '../../model/errors.js'
import type { Descriptor } from '../../model/oci.js'
import { formatRepository, type Repository } from '../../model/reference.js'
import type { BlobSource, Registry, RegistryCall } from '../port.js'

/** Content that is in memory, with its descriptor. */
export interface SmallBlob extends BlobSource {
  readonly descriptor: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>
}

/** Describes bytes as a blob. */
export function blobOf(bytes: Uint8Array, mediaType: string): SmallBlob {
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength }
  return { descriptor, open: (offset = 0) => Readable.from([bytes.subarray(offset)]) }
}

/** Reads a blob into memory. @throws RegistryError MANIFEST_UNSUPPORTED if it is larger than the limit, in bytes */
export async function readBytes(
  repository: Repository,
  { limit, ...blob }: Descriptor & { readonly limit: number },
  registry: Pick<Registry, 'readBlob'>,
  call?: RegistryCall,
): Promise<Buffer> {
  if (blob.size > limit) {
    const message = `${blob.digest} in ${formatRepository(repository)} has ${blob.size} bytes, more than the limit of ${limit}`
    throw new RegistryError('MANIFEST_UNSUPPORTED', message)
  }
  return buffer(await registry.readBlob(repository, blob, call))
}
