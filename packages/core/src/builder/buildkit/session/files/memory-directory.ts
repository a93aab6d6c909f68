import { createHash } from 'node:crypto'
import type { SyncDirectory, SyncEntry } from './file-sync.js'

/**
 * A directory in memory for a build: texts by file name.
 *
 * @example
 * ```ts
 * const dockerfile = memoryDirectory({ Dockerfile: 'FROM scratch\nCOPY . /\n' })
 * ```
 */
export function memoryDirectory(files: Readonly<Record<string, string>>): SyncDirectory {
  const entries = Object.entries(files)
    .map(([name, text]) => entryOf(name, Buffer.from(text)))
    .sort((one, other) => Buffer.compare(one.path, other.path))
  return { list: async () => entries }
}

function entryOf(name: string, content: Buffer): SyncEntry & { readonly path: Buffer } {
  return {
    kind: 'file',
    path: Buffer.from(name),
    mode: 0o644,
    size: content.byteLength,
    modified: contentTime(createHash('sha256').update(content).digest()),
    async *open() {
      yield content
    },
  }
}

const NANOSECONDS = 1_000_000_000n

/**
 * The fraction of a second, in nanoseconds, derived from the content of a file. A receiver treats a file of the same
 * size and date as unchanged, and images store whole seconds.
 */
export function contentTime(sha256: Buffer): bigint {
  return sha256.readBigUInt64BE() % NANOSECONDS
}
