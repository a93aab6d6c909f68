import { join } from 'node:path'
import { HostError } from '../model/errors.js'

/**
 * Does work on a directory that no other process, and no other call in this one, does at the same time. One that died in
 * the middle of it stands in the way for seconds, not for ever.
 *
 * @throws HostError DIRECTORY_IN_USE where another one is at it for longer than a small change takes, or took over while
 * this process was halted
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
      // By default it is thrown out of a timer, which ends the process. The release tells it as well.
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
