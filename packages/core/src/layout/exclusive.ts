import { join } from 'node:path'

/**
 * Does work on a directory that no other process, and no other call in this one, does at the same time. One that died in
 * the middle of it stands in the way for seconds, not for ever.
 */
export async function exclusively<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const { lock } = await import('proper-lockfile')
  const release = await lock(directory, {
    lockfilePath: join(directory, 'lock.change'),
    stale: 5_000,
    retries: { retries: 100, minTimeout: 20, maxTimeout: 100 },
  })
  try {
    return await work()
  } finally {
    await release()
  }
}
