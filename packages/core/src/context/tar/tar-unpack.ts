import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { Extract as TarReader } from 'tar-stream'
import type { ContextDefinition, TarStream } from '../../definition/declare/build-context.js'
import { tarReader } from '../../machine-code/tar-reader.js'
import { CancelledError, EngineError } from '../../model/errors.js'
import { peek } from '../files/peek.js'
import { ContentError, TarFolder } from './tar-folder.js'
import { EntryError } from './tar-guard.js'

type TarContext = Extract<ContextDefinition, { kind: 'tar' | 'stream' }>

/** The first bytes of a gzipped file. */
const GZIP = Buffer.from([0x1f, 0x8b])

/**
 * Unpacks an archive into an empty folder. No entry is written outside of the folder, or through a link.
 *
 * @throws EngineError CONTEXT_UNREADABLE if the archive is malformed or an entry is rejected; CancelledError
 */
export async function unpackContext(source: TarContext, folder: string, signal?: AbortSignal): Promise<void> {
  const name = source.kind === 'tar' ? source.file : 'stream'
  try {
    const bytes: TarStream = source.kind === 'tar' ? createReadStream(source.file) : await source.open()
    const { first, all } = await peek(bytes, GZIP.length)
    const { reader, finish } = unpackInto(new TarFolder(folder))
    const options = signal === undefined ? {} : { signal }
    const isGzip = first.subarray(0, GZIP.length).equals(GZIP)
    await finish(isGzip ? pipeline(all, createGunzip(), reader, options) : pipeline(all, reader, options))
  } catch (cause) {
    if (signal?.aborted) throw new CancelledError(signal.reason)
    const isRefused = cause instanceof EntryError
    throw new EngineError('CONTEXT_UNREADABLE', `tar context ${name}: ${(cause as Error).message}`, {
      hint: isRefused
        ? 'create the archive again, or use its directory as the context'
        : 'use a tar archive, plain or compressed with gzip',
      cause,
    })
  }
}

interface Unpacking {
  readonly reader: TarReader
  /** Waits until the archive has been read and its last entry is written. */
  finish(reading: Promise<void>): Promise<void>
}

function unpackInto(folder: TarFolder): Unpacking {
  const reader = tarReader()
  let failure: Error | undefined
  let pending = Promise.resolve()
  reader.on('entry', (header, content, next) => {
    content.on('error', () => {})
    pending = folder.add(header, content).then(
      () => next(),
      (error: Error) => {
        failure ??= error
        next(error)
      },
    )
  })
  // The last entry may fail after the end of the reader.
  reader.on('error', () => {})
  return {
    reader,
    async finish(reading) {
      const error = await reading.then(
        () => undefined,
        (reason: unknown) => reason,
      )
      await pending
      // If the content of an entry ends early, the reader's error is the cause.
      if (error !== undefined && (failure === undefined || failure instanceof ContentError)) throw error
      if (failure !== undefined) throw failure
      await folder.finish()
    },
  }
}
