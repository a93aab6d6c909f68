import { lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Milliseconds since the last write after which nothing writes to a draft any more. */
const STALE = 24 * 60 * 60 * 1000

/** The end of a draft's name, as `randomUUID` makes it. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Removes what killed processes left of files that are written under a temporary name and then renamed. A draft is stale
 * a day after its last write. Errors are ignored: the next run tries again.
 *
 * @param prefix - what the names of drafts have before their UUID
 */
export async function removeStaleDrafts(directory: string, prefix = ''): Promise<void> {
  const oldest = Date.now() - STALE
  const names = await readdir(directory).catch(() => [])
  for (const name of names) {
    if (!name.startsWith(prefix) || !UUID.test(name.slice(prefix.length))) continue
    const path = join(directory, name)
    const stats = await lstat(path).catch(() => undefined)
    if (stats !== undefined && stats.mtimeMs < oldest) await rm(path, { recursive: true, force: true }).catch(() => {})
  }
}
