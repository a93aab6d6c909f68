import { createHash } from 'node:crypto'
import { chmod, lstat, mkdtemp, readdir, readlink, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { isRunning, processStart } from './process-start.js'

/** A folder under the system's temporary one; disposal removes it. */
export interface TempFolder extends AsyncDisposable {
  readonly path: string
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * `polyarch-<purpose>-<system>-<pid>-<start>-<random>`: the name identifies the owner, so the content may be anything.
 */
const NAME = /^polyarch-(?:cache|context|keys|packages)-([0-9a-f]{12})-(\d{1,10})-([0-9a-f]{12}|none)-[A-Za-z0-9]{6}$/

/**
 * Makes an empty folder that only this user can read. If this process is killed, the next run removes it.
 *
 * @example
 * ```ts
 * await using folder = await makeTempFolder('keys')
 * await writeFile(join(folder.path, 'keys.asc'), keys)
 * ```
 */
export async function makeTempFolder(purpose: 'cache' | 'context' | 'keys' | 'packages'): Promise<TempFolder> {
  const owner = [await systemHash(), process.pid, startHash(await processStart(process.pid))].join('-')
  const path = await mkdtemp(join(tmpdir(), `polyarch-${purpose}-${owner}-`))
  return { path, [Symbol.asyncDispose]: () => removeFolder(path) }
}

/** Removes the folders of this user whose process has ended. Errors are ignored: the next run tries again. */
export async function sweepTempFolders(): Promise<void> {
  const system = await systemHash()
  const names = await readdir(tmpdir()).catch(() => [])
  for (const name of names) {
    const [, home, pid, start] = NAME.exec(name) ?? []
    if (home !== system || pid === undefined) continue
    const isSame = (found: string | undefined) => start === 'none' || startHash(found) === start
    const path = join(tmpdir(), name)
    if (!(await isRunning(Number(pid), isSame)) && (await isOwnFolder(path))) await removeFolder(path).catch(() => {})
  }
}

async function isOwnFolder(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => undefined)
  return stats?.isDirectory() === true && (process.getuid === undefined || stats.uid === process.getuid())
}

/** Identifies the system in which pids are unique: containers and machines may share the temporary directory. */
async function systemHash(): Promise<string> {
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '')
  return shortHash(`${hostname()} ${namespace}`)
}

function startHash(start: string | undefined): string {
  return start === undefined ? 'none' : shortHash(start)
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

/** Removes unreadable and read-only folders of an archive too. */
async function removeFolder(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
  } catch (error) {
    if (!isDenied(error)) throw error
    await makeRemovable(path)
    await rm(path, { recursive: true, force: true })
  }
}

async function makeRemovable(path: string): Promise<void> {
  await chmod(path, 0o700)
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeRemovable(join(path, entry.name))
  }
}

function isDenied(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'EACCES' || code === 'EPERM'
}
