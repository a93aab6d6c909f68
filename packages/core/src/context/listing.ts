import type { FileModes } from '../definition/declare/build-settings.js'
import { digestOf } from '../model/digest.js'
import type { ContextEntry, ContextListing } from './context-file.js'
import type { TreeNode } from './context-tree.js'

/** Makes the listing of nodes that have been read. */
export function listingOf(nodes: readonly TreeNode[], fileModes: FileModes): ContextListing {
  const firstNames = new Map<string, string>()
  const entries = nodes.flatMap(({ read }) => {
    if (read === undefined) return []
    const { entry, inode } = read
    const sent = fileModes === 'git' ? withGitMode(entry) : entry
    if (inode === undefined || sent.kind !== 'file') return [sent]
    const link = firstNames.get(inode)
    if (link !== undefined) return [{ ...sent, link }]
    firstNames.set(inode, sent.path)
    return [sent]
  })
  const digest = digestOf(JSON.stringify(entries.map(inDigest)))
  const gitFolder = findGitFolder(entries)
  return { entries, digest, ...(gitFolder && { gitFolder }) }
}

/** The mode that git gives the entry at checkout under the usual umask, by the owner's executable bit. */
function withGitMode(entry: ContextEntry): ContextEntry {
  if (entry.kind === 'symlink') return entry
  return { ...entry, mode: entry.kind === 'directory' || entry.mode & 0o100 ? 0o755 : 0o644 }
}

function inDigest(entry: ContextEntry): readonly unknown[] {
  const { kind, path } = entry
  if (kind === 'file') return [path, kind, entry.digest, entry.mode, ...(entry.link === undefined ? [] : [entry.link])]
  return [path, kind, kind === 'symlink' ? entry.target : entry.mode]
}

function findGitFolder(entries: readonly ContextEntry[]): string | undefined {
  const inside = entries.find(({ kind, path }) => kind === 'file' && /(?:^|\/)\.git\//.test(path))
  return inside && /^(?:.*?\/)?\.git(?=\/)/.exec(inside.path)?.[0]
}
