import type { Readable } from 'node:stream'
import type { Header } from 'tar-stream'
import { LIMITS } from '../model/limits.js'
import { type MachineCode, needsWholeFile, readMachineCode } from './code.js'
import { ELF_HEADER_SIZE, isElf } from './elf.js'
import { eachLayerEntry } from './layer-entries.js'
import { cleanPath, whiteoutOf } from './paths.js'
import { TOO_MANY_FILES } from './too-many-files.js'

/** A layer's entry at a path, reduced to what the search for executables needs. */
export type LayerEntry =
  | { readonly kind: 'directory' }
  | { readonly kind: 'link'; readonly target: string }
  /** A hard link. */
  | { readonly kind: 'same-as'; readonly path: string }
  | { readonly kind: 'executable'; readonly code: MachineCode | undefined }

/** The entries of one layer by path, without a slash before it, and what it hides of the layers below. */
export interface LayerFiles {
  readonly entries: ReadonlyMap<string, LayerEntry>
  /** Paths that it removes. */
  readonly removed: ReadonlySet<string>
  /** Directories whose content in lower layers it hides. */
  readonly opaque: ReadonlySet<string>
  /** Approximate memory use, in bytes. */
  readonly memory: number
}

/** Bytes that an entry takes in memory beside its path and target. */
const ENTRY_MEMORY = 150

/**
 * Reads the uncompressed tar of a layer, once and to its end. Files without an execute permission are skipped.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md#representing-changes
 */
export async function readLayerFiles(tar: Readable): Promise<LayerFiles> {
  const entries = new Map<string, LayerEntry>()
  const removed = new Set<string>()
  const opaque = new Set<string>()
  let memory = 0
  await eachLayerEntry(tar, async (entry) => {
    const { name: written, linkname } = entry.header
    const path = cleanPath(written)
    const whiteout = whiteoutOf(path)
    const before = entries.size + removed.size + opaque.size
    if (whiteout?.hides === 'content') opaque.add(whiteout.path)
    else if (whiteout !== undefined) removed.add(whiteout.path)
    else {
      const found = await readEntry(entry.header, entry)
      if (found !== undefined) entries.set(path, found)
    }
    if (entries.size + removed.size + opaque.size === before) return
    memory += ENTRY_MEMORY + written.length + (linkname?.length ?? 0)
    if (memory > LIMITS.imageFiles) throw new Error(TOO_MANY_FILES)
  })
  return { entries, removed, opaque, memory }
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

/** Reads as much of a file as determining its machine code requires. */
async function readCode(content: AsyncIterable<unknown>): Promise<MachineCode | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of content) {
    if (size >= LIMITS.program || !Buffer.isBuffer(chunk)) continue
    chunks.push(chunk)
    const before = size
    size += chunk.length
    if (before >= ELF_HEADER_SIZE || size < ELF_HEADER_SIZE) continue
    const head = Buffer.concat(chunks)
    if (isElf(head) && needsWholeFile(head)) continue
    size = LIMITS.program
  }
  return readMachineCode(Buffer.concat(chunks))
}
