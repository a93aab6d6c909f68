import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DefinitionError } from '../model/errors.js'
import { LOCK_FILE } from './lock.js'
import type { LockEntry } from './lock-entry.js'
import { formatLock, parseLock } from './lock-text.js'

/** Path of the lock file in the directory that relative paths start at. */
export function lockPath(directory: string | undefined): string {
  return join(directory ?? process.cwd(), LOCK_FILE)
}

/**
 * The entries of a lock file; undefined where there is none.
 *
 * @throws DefinitionError LOCK_INVALID
 */
export async function readLockFile(file: string): Promise<readonly LockEntry[] | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new DefinitionError(
      [{ path: file, message: `it cannot be read: ${(error as Error).message}` }],
      'LOCK_INVALID',
    )
  }
  return parseLock(text, file)
}

/** Writes a lock file as a whole or not at all. */
export async function writeLockFile(file: string, entries: readonly LockEntry[]): Promise<void> {
  const { default: writeFileAtomic } = await import('write-file-atomic')
  await writeFileAtomic(file, formatLock(entries))
}
