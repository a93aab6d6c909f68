import { randomUUID } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isRunning, processStart } from '../../host/process-start.js'
import { exclusively } from '../../layout/exclusive.js'
import { HostError } from '../../model/errors.js'
import { parseJson } from '../../model/json.js'
import { isJsonObject } from '../../model/json-fields.js'

/** The owner of a directory; content of its lock file. */
interface LockRecord {
  readonly id: string
  readonly pid: number
  /** Distinguishes a process from a later one with the same pid, if the system reports start times. */
  readonly processStart?: string
  /** The machine, because pids are local to it. */
  readonly machine: string
  /** `127.0.0.1:5000`; absent while the server is being started. */
  readonly host?: string
}

/** A directory that only this process may change. */
export interface DirectoryLock extends AsyncDisposable {
  /** Publishes the address of the server. */
  publish(host: string): Promise<void>
}

/**
 * Locks a directory for this process; the lock of a dead process is replaced.
 *
 * @throws HostError DIRECTORY_IN_USE
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const path = lockPath(directory)
  const start = await processStart(process.pid)
  const own: LockRecord = {
    id: randomUUID(),
    pid: process.pid,
    ...(start !== undefined && { processStart: start }),
    machine: hostname(),
  }
  // Atomic, so that two processes cannot both replace the lock of a dead one.
  await exclusively(directory, async () => {
    const owner = await readLock(path)
    if (owner !== undefined && (await isAlive(owner))) throw inUse(directory, owner)
    await replace(path, own)
  })
  return {
    publish: (host) => replace(path, { ...own, host }),
    [Symbol.asyncDispose]: () => rm(path, { force: true }),
  }
}

/**
 * Returns the running process of this machine that serves a directory, if there is one. It waits for one that is
 * starting.
 *
 * @example
 * ```ts
 * const { host } = (await runningRegistry(directory)) ?? (await startRegistry({ directory }))
 * ```
 */
export async function runningRegistry(directory: string): Promise<{ host: string; pid: number } | undefined> {
  const path = lockPath(resolve(directory))
  for (;;) {
    // Opening the directory reports why it cannot be read.
    const owner = await readLock(path).catch(() => undefined)
    if (owner === undefined || owner.machine !== hostname() || !(await isAlive(owner))) return undefined
    if (owner.host !== undefined) return { host: owner.host, pid: owner.pid }
    await sleep(20)
  }
}

function lockPath(directory: string): string {
  return join(directory, 'lock.json')
}

/** Reads a lock file. One that cannot be parsed has no owner: lock files are replaced as a whole. */
async function readLock(path: string): Promise<LockRecord | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  if (text === undefined) return undefined
  return parseLockRecord(text)
}

/** Parses a lock file; undefined if it is not valid. */
export function parseLockRecord(text: string): LockRecord | undefined {
  try {
    const value = parseJson(text)
    return isLockRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isLockRecord(value: unknown): value is LockRecord {
  if (!isJsonObject(value)) return false
  const { id, pid, machine, processStart: start = '', host = '' } = value
  return [id, machine, start, host].every((one) => typeof one === 'string') && Number.isSafeInteger(pid)
}

async function replace(path: string, record: LockRecord): Promise<void> {
  const temporary = `${path}.${record.id}`
  await writeFile(temporary, JSON.stringify(record))
  await rename(temporary, path)
}

/** A process on another machine cannot be checked, so it counts as alive. */
async function isAlive({ machine, pid, processStart: started }: LockRecord): Promise<boolean> {
  if (machine !== hostname()) return true
  return isRunning(pid, (start) => start === started)
}

function inUse(directory: string, { pid, host, machine }: LockRecord): HostError {
  const elsewhere = machine === hostname() ? '' : ` of ${machine}`
  const place = host === undefined ? '' : `, which serves it at ${host}`
  return new HostError('DIRECTORY_IN_USE', `${directory} is in use by process ${pid}${elsewhere}${place}`, {
    hint:
      elsewhere === ''
        ? 'use the registry of that process, stop it, or use another directory'
        : `use another directory; or delete ${lockPath(directory)} if that machine no longer uses it`,
  })
}
