import type { Readable } from 'node:stream'
import type { Header } from 'tar-stream'
import { tarReader } from '../model/tar-reader.js'
import { type MachineCode, needsWholeFile, readMachineCode } from './code.js'
import { ELF_HEADER_SIZE, isElf } from './elf.js'
import { cleanPath, joinPath, MAX_PATH, splitPath } from './paths.js'

/** What one layer has at a path, as far as finding an executable takes. */
export type LayerEntry =
  | { readonly kind: 'directory' }
  | { readonly kind: 'link'; readonly target: string }
  /** Another name of a file. */
  | { readonly kind: 'same-as'; readonly path: string }
  | { readonly kind: 'executable'; readonly code: MachineCode | undefined }

/** The entries of one layer by path, without a slash before it, and what it hides of the layers below. */
export interface LayerFiles {
  readonly entries: ReadonlyMap<string, LayerEntry>
  /** Paths that it removes. */
  readonly removed: ReadonlySet<string>
  /** Directories of which it hides all that lies below. */
  readonly opaque: ReadonlySet<string>
}

/** In bytes: of a longer file, the start alone is looked at, so that memory is bounded. */
const MAX_FILE_SIZE = 8 * 1024 * 1024

const WHITEOUT = '.wh.'
const OPAQUE = '.wh..wh..opq'

/**
 * Reads the uncompressed tar of a layer, once and to its end. Files that nobody may execute are left out.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md#representing-changes
 */
export async function readLayerFiles(tar: Readable): Promise<LayerFiles> {
  const entries = new Map<string, LayerEntry>()
  const removed = new Set<string>()
  const opaque = new Set<string>()
  const reader = tarReader()
  // Not `pipeline`, which ends the reader before its last entry has been taken.
  tar.once('error', (error) => reader.destroy(error))
  tar.pipe(reader)
  try {
    for await (const entry of reader) {
      requireValid(entry.header)
      const path = cleanPath(entry.header.name)
      const [directory, name] = splitPath(path)
      if (name === OPAQUE) opaque.add(directory)
      else if (name.startsWith(WHITEOUT)) removed.add(joinPath(directory, name.slice(WHITEOUT.length)))
      else {
        const found = await readEntry(entry.header, entry)
        if (found !== undefined) entries.set(path, found)
      }
      entry.resume()
    }
  } finally {
    tar.destroy()
  }
  return { entries, removed, opaque }
}

/**
 * Longer paths cannot be unpacked anywhere, and take long to compare; for the end of an entry whose size it could not
 * read, tar-stream waits for ever.
 */
function requireValid({ name, linkname, size }: Header): void {
  if (size !== undefined && !Number.isSafeInteger(size)) throw new Error('it has an entry whose size is not a number')
  if (name.length > MAX_PATH || (linkname ?? '').length > MAX_PATH) {
    throw new Error(`it has a path of more than ${MAX_PATH} characters`)
  }
}

async function readEntry(header: Header, content: AsyncIterable<unknown>): Promise<LayerEntry | undefined> {
  switch (header.type) {
    case 'directory':
      return { kind: 'directory' }
    case 'symlink':
      return { kind: 'link', target: header.linkname ?? '' }
    case 'link':
      return { kind: 'same-as', path: cleanPath(header.linkname ?? '') }
    case 'file':
    case 'contiguous-file':
      if (((header.mode ?? 0) & 0o111) === 0) return undefined
      return { kind: 'executable', code: await readCode(content) }
    default:
      return undefined
  }
}

/** Takes no more of a file than is needed to tell its machine code. */
async function readCode(content: AsyncIterable<unknown>): Promise<MachineCode | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of content) {
    if (size >= MAX_FILE_SIZE || !Buffer.isBuffer(chunk)) continue
    chunks.push(chunk)
    const before = size
    size += chunk.length
    if (before >= ELF_HEADER_SIZE || size < ELF_HEADER_SIZE) continue
    const head = Buffer.concat(chunks)
    if (isElf(head) && needsWholeFile(head)) continue
    size = MAX_FILE_SIZE
  }
  return readMachineCode(Buffer.concat(chunks))
}
