import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { streamOf } from '../../model/async/stream-of.js'
import { RegistryError } from '../../model/errors.js'
import type { BlobSource } from '../port.js'

/**
 * Opens a stream of a source's bytes from an offset to an exclusive end.
 *
 * @param report - Called with the offset that has been reached.
 * @returns a stream that fails with DIGEST_MISMATCH if the source is shorter or longer than its stated size.
 */
export async function openPart(
  source: BlobSource,
  start: number,
  end: number,
  report: (position: number) => void,
): Promise<Readable> {
  const content = await source.open(start)
  return streamOf(cut(source, content, { start, end }, report), () => content.destroy())
}

/**
 * Reads all of a small source.
 *
 * @throws RegistryError DIGEST_MISMATCH if its size is not the stated one.
 */
export async function readSource(source: BlobSource): Promise<Uint8Array> {
  const { size } = source.descriptor
  return buffer(await openPart(source, 0, size, () => {}))
}

async function* cut(
  source: BlobSource,
  content: Readable,
  { start, end }: { readonly start: number; readonly end: number },
  report: (position: number) => void,
): AsyncGenerator<Buffer> {
  let position = start
  for await (const chunk of content as AsyncIterable<Buffer>) {
    const part = chunk.subarray(0, end - position)
    position += part.byteLength
    report(position)
    if (part.byteLength > 0) yield part
    if (part.byteLength === chunk.byteLength) continue
    if (end < source.descriptor.size) return
    throw wrongLength(source, 'more bytes')
  }
  if (position < end) throw wrongLength(source, `${position} bytes`)
}

function wrongLength({ descriptor: { digest, size } }: BlobSource, actual: string): RegistryError {
  return new RegistryError('DIGEST_MISMATCH', `the source of blob ${digest} has ${actual}, but declares ${size}`)
}
