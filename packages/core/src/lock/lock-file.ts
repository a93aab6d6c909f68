import { join } from 'node:path'
import { readTextFile, TextFileError } from '../context/files/text-file.js'
import { DefinitionError } from '../model/errors.js'
import { LIMITS } from '../model/limits.js'
import { formatPlatform, type Platform } from '../model/platform.js'
import { LOCK_FILE } from './lock.js'
import type { LockEntry } from './lock-entry.js'
import { formatLock, parseLock } from './lock-text.js'

/** Path of the lock file in a directory. */
export function lockPath(directory: string | undefined): string {
  return join(directory ?? process.cwd(), LOCK_FILE)
}

/**
 * The entries of a lock file; undefined if there is none.
 *
 * @throws DefinitionError LOCK_INVALID
 */
export async function readLockFile(file: string): Promise<readonly LockEntry[] | undefined> {
  try {
    const { text } = await readTextFile(file, LIMITS.lockFile)
    return parseLock(text, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    if (error instanceof DefinitionError) throw error
    throw new DefinitionError(
      [{ path: file, message: reasonOf(error as Error), hint: 'restore it from version control' }],
      'LOCK_INVALID',
    )
  }
}

function reasonOf(error: Error): string {
  return error instanceof TextFileError ? `it ${error.message}` : `it cannot be read: ${error.message}`
}

/** Writes a lock file atomically. */
export async function writeLockFile(file: string, entries: readonly LockEntry[]): Promise<void> {
  const { default: writeFileAtomic } = await import('write-file-atomic')
  await writeFileAtomic(file, formatLock(entries))
}

/** The error for a line that contradicts the registry. @param because - the value in the registry. */
export function wrongLine(
  { kind, name, platform }: { readonly kind: string; readonly name: string; readonly platform: Platform },
  because: string,
): DefinitionError {
  const message = `the line '${kind} ${name} ${formatPlatform(platform)}' contradicts the registry: ${because}`
  const hint = `restore ${LOCK_FILE} from version control, or run \`npx tsx build.ts lock --update ${name}\``
  return new DefinitionError([{ path: LOCK_FILE, message, hint }], 'LOCK_INVALID')
}
