import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of a test's own, gone when it is disposed of. */
export interface TempFolder extends AsyncDisposable {
  readonly path: string
}

/** A parent of folders that are on a disk, while the usual temporary folder may be in memory. */
export const ON_DISK = '/var/tmp'

/** Makes an empty folder under the system's temporary one, or under another parent. */
export async function tempFolder(name = 'test', parent = tmpdir()): Promise<TempFolder> {
  const path = await mkdtemp(join(parent, `polyarch-${name}-`))
  // Retried: the processes of an engine that was killed write for a moment longer.
  const remove = () => rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  return { path, [Symbol.asyncDispose]: remove }
}
