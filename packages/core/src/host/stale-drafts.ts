import { lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Age, in milliseconds since the last write, after which a draft is stale. */
const STALE = 24 * 60 * 60 * 1000

/** The end of a draft's name, as `randomUUID` makes it. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Removes drafts of killed processes: files that are written under a temporary name and then renamed. Errors are
 * ignored: the next run tries again.
 *
 * @param prefix - the part of a draft's name before its UUID
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
