import type { Readable } from 'node:stream'
import type { Header } from 'tar-stream'
import { LIMITS } from '../model/limits.js'
import { tarReader } from './tar-reader.js'

/** An entry with its content. */
export type LayerEntryStream = Readable & { readonly header: Header }

/**
 * Reads the entries of the uncompressed tar of a layer, once and to its end. Content that the caller does not read is
 * skipped.
 */
export async function eachLayerEntry(tar: Readable, handle: (entry: LayerEntryStream) => Promise<void>): Promise<void> {
  const reader = tarReader()
  let failure: Error | undefined
  const closed = new Promise<void>((resolve) => reader.once('close', resolve))
  reader.once('error', (error) => {
    failure = error
  })
  // `pipeline` would end the reader before its last entry was processed.
  tar.once('error', (error) => reader.destroy(error))
  tar.pipe(reader)
  try {
    for await (const entry of reader) {
      requireValid(entry.header)
      await handle(entry as unknown as LayerEntryStream)
      entry.resume()
    }
  } catch (error) {
    // If the reader fails, the entry's own error only reports that it was destroyed.
    reader.destroy()
    await closed
    throw failure ?? error
  } finally {
    tar.destroy()
  }
}

/**
 * Longer paths cannot be unpacked anywhere, and take long to compare; for the end of an entry whose size it could not
 * read, tar-stream waits for ever.
 */
function requireValid({ name, linkname, size }: Header): void {
  if (size !== undefined && !Number.isSafeInteger(size)) throw new Error('it has an entry whose size is not a number')
  if (name.length > LIMITS.path || (linkname ?? '').length > LIMITS.path) {
    throw new Error(`it has a path of more than ${LIMITS.path} characters`)
  }
  if (name.split('/', LIMITS.pathDepth + 2).length > LIMITS.pathDepth + 1) {
    throw new Error(`it has a path of more than ${LIMITS.pathDepth} directories`)
  }
}
