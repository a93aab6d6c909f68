import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { type ExtractOptions, extract } from 'tar-fs'
import type { ContextDefinition, TarStream } from '../definition/build-context.js'
import { CancelledError, EngineError } from '../model/errors.js'
import { peek } from './peek.js'

type TarContext = Extract<ContextDefinition, { kind: 'tar' | 'stream' }>

/** The first bytes of a gzipped file. */
const GZIP = Buffer.from([0x1f, 0x8b])

/** Unpacks an archive into an empty folder; what it holds cannot lead out of it. @throws EngineError CONTEXT_UNREADABLE */
export async function unpackContext(source: TarContext, folder: string, signal?: AbortSignal): Promise<void> {
  const name = source.kind === 'tar' ? source.file : 'stream'
  try {
    const bytes: TarStream = source.kind === 'tar' ? createReadStream(source.file) : await source.open()
    const { first, all } = await peek(bytes, GZIP.length)
    const unpack = extract(folder, unpackOptions)
    const options = signal === undefined ? {} : { signal }
    if (first.subarray(0, GZIP.length).equals(GZIP)) await pipeline(all, createGunzip(), unpack, options)
    else await pipeline(all, unpack, options)
  } catch (cause) {
    if (signal?.aborted) throw new CancelledError(signal.reason)
    throw new EngineError('CONTEXT_UNREADABLE', `tar context ${name}: ${(cause as Error).message}`, {
      hint: 'a context is a tar archive, plain or gzipped',
      cause,
    })
  }
}

/** The modes of the archive, whatever this process makes files with. The types do not know all options. */
const unpackOptions: ExtractOptions & { readonly umask: number; readonly validateSymlinks: boolean } = {
  umask: 0,
  // A link may lead anywhere: nothing is written through one, and it is sent as a link.
  validateSymlinks: false,
  ignore: (_path, header) => !isSent(header?.type),
}

/** As of a directory: devices and pipes are left out, where not even an ordinary user could make them. */
function isSent(type: string | null | undefined): boolean {
  return ['file', 'directory', 'symlink', 'link', 'contiguous-file'].includes(type ?? 'file')
}
