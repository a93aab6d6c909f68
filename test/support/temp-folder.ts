import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of a test's own, gone when it is disposed of. */
export interface TempFolder extends AsyncDisposable {
  readonly path: string
}

/** Makes an empty folder under the system's temporary one. */
export async function tempFolder(name = 'test'): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), `polyarch-${name}-`))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
