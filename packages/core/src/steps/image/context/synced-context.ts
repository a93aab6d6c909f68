import type { SyncDirectory, SyncEntry } from '../../../builder/buildkit/session/files/file-sync.js'
import { contentTime } from '../../../builder/buildkit/session/files/memory-directory.js'
import type { ContextEntry, OpenContext } from '../../../context/context-file.js'
import { rawBytes } from '../../../context/files/raw-name.js'

/** A context for builders, with the paths that they have requested. */
export interface SyncedContext extends SyncDirectory {
  /** The paths that builds have requested so far; empty if they requested everything. */
  readonly requested: ReadonlySet<string> | 'all'
}

const NANOSECONDS = 1_000_000_000n

/**
 * Creates the directory that serves a context to builds. @param epoch - date of all files, in seconds since the epoch,
 * if set
 */
export function syncedContext(context: OpenContext, epoch: number | undefined): SyncedContext {
  let requested: Set<string> | 'all' = new Set()
  return {
    get requested() {
      return requested
    },
    async list(followPaths, signal) {
      if (followPaths.length === 0) requested = 'all'
      else if (requested !== 'all') for (const path of followPaths) requested.add(path)
      const { entries } = await context.select(followPaths.length === 0 ? 'all' : followPaths, signal)
      return entries.map((entry) => syncEntry(entry, context, epoch))
    },
  }
}

function syncEntry(entry: ContextEntry, context: OpenContext, epoch: number | undefined): SyncEntry {
  const path = entry.rawPath ?? Buffer.from(entry.path)
  const seconds = BigInt(epoch ?? Math.floor(entry.modified / 1000)) * NANOSECONDS
  switch (entry.kind) {
    case 'directory':
      return { kind: 'directory', path, mode: entry.mode, size: 0, modified: seconds }
    case 'symlink': {
      const link = entry.rawTarget ?? Buffer.from(entry.target)
      return { kind: 'symlink', path, mode: 0o777, size: link.byteLength, modified: seconds, link }
    }
    case 'file':
      return {
        kind: 'file',
        path,
        mode: entry.mode,
        size: entry.size,
        // Images store whole seconds; the fraction distinguishes different content.
        modified: seconds + contentTime(Buffer.from(entry.digest.slice('sha256:'.length), 'hex')),
        open: () => context.read(entry),
        ...(entry.link !== undefined && { link: rawBytes(entry.link) ?? Buffer.from(entry.link) }),
      }
  }
}
