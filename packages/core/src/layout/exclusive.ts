import { join } from 'node:path'
import { HostError } from '../model/errors.js'

/**
 * Runs work on a directory, excluding all other processes and calls.
 * A process that died in the middle blocks others for seconds only.
 *
 * @throws HostError DIRECTORY_IN_USE if another process needs longer than a small change takes, or has taken over while
 * this process was suspended
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
      // The default throws from a timer, which ends the process. Releasing the lock reports it as well.
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
