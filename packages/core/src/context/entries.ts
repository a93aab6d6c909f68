import { type BigIntStats, lstatSync, readFileSync, readlinkSync } from 'node:fs'
import { lstat, open, readFile, readlink } from 'node:fs/promises'
import { type Digest, DigestHash, digestOf } from '../model/digest.js'
import { EngineError } from '../model/errors.js'
import type { ContextEntry } from './context-file.js'
import type { ReadNode, TreeNode } from './context-tree.js'
import { reading, readingAtOnce, unreadable, WHOLE_FILE } from './files/file-error.js'
import { inBatches, type PaceOptions } from './files/pace.js'
import { decodeName, filePath, rawBytes } from './files/raw-name.js'
import type { DigestCache } from './files/stat-cache.js'
import { fileIdentity, redirectedFiles } from './own-output.js'

/** Options of reading entries. */
export interface EntryReading extends PaceOptions {
  /** Opens the digests of earlier runs; called when many bytes or files have to be read. */
  readonly openCache?: (() => Promise<DigestCache | undefined>) | undefined
  /** Files that this process writes to; by default those of standard output and standard error. */
  readonly written?: ReadonlySet<string>
}

/** Above these limits, opening the cache is faster than reading the files. */
const CACHED_FILES = 500
/** In bytes. */
const CACHED_SIZE = 16 * 1024 * 1024

interface Found {
  readonly node: TreeNode
  readonly file: string | Buffer
  readonly stats: BigIntStats
  readonly target?: Buffer
}

interface Content {
  readonly digest: Digest
  readonly size: number
}

/**
 * Reads nodes that were not read before, and stores the entries in them.
 *
 * @throws EngineError CONTEXT_UNREADABLE; CancelledError
 */
export async function readNodes(
  directory: string,
  nodes: readonly TreeNode[],
  { openCache, written, ...pace }: EntryReading = {},
): Promise<void> {
  const unread = nodes.filter(({ read }) => read === undefined)
  if (unread.length === 0) return
  const found = await inBatches(unread, statNode(directory, written ?? redirectedFiles()), pace)
  const files = found.filter(({ node }) => node.kind === 'file')
  for (const one of found) if (one.node.kind !== 'file') one.node.read = { entry: plainEntry(one) }
  const size = files.reduce((sum, { stats }) => sum + Number(stats.size), 0)
  const cache = files.length >= CACHED_FILES || size >= CACHED_SIZE ? await openCache?.() : undefined
  const changed = files.filter((one) => {
    const digest = cache?.find(one.node.path, one.stats)
    if (digest !== undefined) one.node.read = readFileNode(one, { digest, size: Number(one.stats.size) })
    return digest === undefined
  })
  await inBatches(changed, hashFile(cache), pace)
}

/** The synchronous and the asynchronous variant of one function. */
function statNode(directory: string, written: ReadonlySet<string>) {
  const found = (node: TreeNode, file: string | Buffer, stats: BigIntStats, target?: Buffer): Found => {
    if (node.kind === 'file' && written.has(fileIdentity(stats))) throw writtenByRun(node)
    if (isKind(node, stats)) return { node, file, stats, ...(target && { target }) }
    throw unreadable(node.path, 'changed while it was listed')
  }
  return {
    atOnce: (node: TreeNode) =>
      readingAtOnce(node.path, () => {
        const file = filePath(directory, node.path)
        const stats = lstatSync(file, { bigint: true })
        return found(
          node,
          file,
          stats,
          node.kind === 'symlink' ? readlinkSync(file, { encoding: 'buffer' }) : undefined,
        )
      }),
    meanwhile: (node: TreeNode) =>
      reading(node.path, async () => {
        const file = filePath(directory, node.path)
        const stats = await lstat(file, { bigint: true })
        return found(
          node,
          file,
          stats,
          node.kind === 'symlink' ? await readlink(file, { encoding: 'buffer' }) : undefined,
        )
      }),
  }
}

function writtenByRun({ path }: TreeNode): EngineError {
  const message = `the build copies '${path}', which the output of this command is redirected to`
  return new EngineError('CONTEXT_UNREADABLE', message, {
    hint: `list it in .dockerignore: ${path}`,
  })
}

function isKind({ kind }: TreeNode, stats: BigIntStats): boolean {
  if (kind === 'file') return stats.isFile()
  return kind === 'directory' ? stats.isDirectory() : stats.isSymbolicLink()
}

function hashFile(cache: DigestCache | undefined) {
  const store = (one: Found, began: number, content: Content) => {
    one.node.read = readFileNode(one, content)
    if (BigInt(content.size) === one.stats.size) cache?.add(one.node.path, one.stats, content.digest, began)
  }
  const contentOf = (bytes: Buffer): Content => ({ digest: digestOf(bytes), size: bytes.length })
  const meanwhile = (one: Found) =>
    reading(one.node.path, async () => {
      const began = Date.now()
      store(one, began, isLarge(one) ? await digestLarge(one.file) : contentOf(await readFile(one.file)))
    })
  return {
    atOnce: (one: Found) => {
      if (isLarge(one)) return meanwhile(one)
      return readingAtOnce(one.node.path, () => {
        const began = Date.now()
        store(one, began, contentOf(readFileSync(one.file)))
      })
    },
    meanwhile,
  }
}

function isLarge({ stats }: Found): boolean {
  return stats.size > WHOLE_FILE
}

/** Reads a part of the file while the previous one is hashed. */
async function digestLarge(path: string | Buffer): Promise<Content> {
  await using file = await open(path)
  const hash = new DigestHash()
  let [part, next] = [Buffer.allocUnsafe(WHOLE_FILE), Buffer.allocUnsafe(WHOLE_FILE)]
  let reading = file.read(part)
  for (let size = 0; ; ) {
    const { bytesRead } = await reading
    if (bytesRead === 0) return { digest: hash.digest, size }
    reading = file.read(next)
    hash.update(part.subarray(0, bytesRead))
    size += bytesRead
    ;[part, next] = [next, part]
  }
}

function readFileNode({ node: { path }, stats }: Found, content: Content): ReadNode {
  const entry: ContextEntry = { kind: 'file', path, ...content, ...attributes(path, stats) }
  return stats.nlink > 1n ? { entry, inode: fileIdentity(stats) } : { entry }
}

function plainEntry({ node: { path }, stats, target }: Found): ContextEntry {
  const { mode, ...rest } = attributes(path, stats)
  if (target === undefined) return { kind: 'directory', path, mode, ...rest }
  const text = decodeName(target)
  const rawTarget = rawBytes(text)
  return { kind: 'symlink', path, target: text, ...rest, ...(rawTarget && { rawTarget }) }
}

function attributes(path: string, stats: BigIntStats) {
  const rawPath = rawBytes(path)
  const mode = Number(stats.mode & 0o7777n)
  return {
    // Windows has no permission bits; like docker, send executable files.
    mode: process.platform === 'win32' ? (mode | 0o111) & 0o755 : mode,
    modified: Number(stats.mtimeNs) / 1e6,
    ...(rawPath && { rawPath }),
  }
}
