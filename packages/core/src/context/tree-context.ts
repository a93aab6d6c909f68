import type { FileModes } from '../definition/declare/build-settings.js'
import type { ContextDockerfile, ContextListing, OpenContext } from './context-file.js'
import type { ContextTree } from './context-tree.js'
import { readNodes } from './entries.js'
import { readListedFile } from './files/read-file.js'
import type { DigestCache } from './files/stat-cache.js'
import { listingOf } from './listing.js'
import { selectNodes } from './selection.js'

/** Options of sending the files of a directory. */
export interface TreeContextOptions {
  readonly dockerfile: ContextDockerfile
  /** Whether nothing is sent. */
  readonly isEmpty: boolean
  readonly fileModes: FileModes
  readonly cacheFolder?: (() => Promise<string>) | undefined
}

/** Creates the context of a directory. Selections run in sequence, so that no file is read twice. */
export function createContext(tree: ContextTree, options: TreeContextOptions): OpenContext {
  const { directory } = tree
  const listings = new Map<string, ContextListing>()
  let cache: Promise<DigestCache | undefined> | undefined
  const openCache = async () => {
    const folder = await options.cacheFolder?.()
    if (folder === undefined) return undefined
    // Loads the cache's code only for a large context.
    cache ??= import('./files/stat-cache.js').then(({ openStatCache }) => openStatCache(directory, { folder }))
    return cache
  }
  const select = async (paths: readonly string[] | 'all', signal?: AbortSignal): Promise<ContextListing> => {
    const key = JSON.stringify(paths)
    const known = listings.get(key)
    if (known !== undefined) return known
    const nodes = await selectNodes(tree, options.isEmpty ? [] : paths, signal)
    await readNodes(directory, nodes, { signal, openCache })
    await (await cache)?.save()
    const listing = listingOf(nodes, options.fileModes)
    listings.set(key, listing)
    return listing
  }
  let last: Promise<unknown> = Promise.resolve()
  return {
    directory,
    dockerfile: options.dockerfile,
    select(paths, signal) {
      const selecting = last.then(() => select(paths, signal))
      last = selecting.catch(() => {})
      return selecting
    },
    read: (entry, signal) => readListedFile(directory, entry, signal),
    async [Symbol.asyncDispose]() {},
  }
}
