import { join } from 'node:path'
import { HostError } from '../model/errors.js'

/**
 * Runs work on a directory with an exclusive lock. The lock of a dead process expires after seconds.
 *
 * @throws HostError DIRECTORY_IN_USE if another process holds the lock for too long, or took it while this process was
 * suspended
 */
export async function exclusively<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const release = await lockChange(directory)
  let result: T
  try {
    result = await work()
  } catch (error) {
    await release().catch(() => {})
    throw error
  }
  await release().catch((cause) => {
    throw inUse(directory, 'was changed by another process at the same time', cause)
  })
  return result
}

async function lockChange(directory: string): Promise<() => Promise<void>> {
  const { lock } = await import('proper-lockfile')
  try {
    return await lock(directory, {
      lockfilePath: join(directory, 'lock.change'),
      stale: 5_000,
      retries: { retries: 100, minTimeout: 20, maxTimeout: 100 },
      // The default handler throws from a timer, which ends the process. Releasing the lock reports the error too.
      onCompromised: () => {},
    })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error
    throw inUse(directory, 'is being changed by another process', error)
  }
}

function inUse(directory: string, what: string, cause: unknown): HostError {
  return new HostError('DIRECTORY_IN_USE', `${directory} ${what}`, {
    hint: 'run again when that process has ended',
    cause,
  })
}
