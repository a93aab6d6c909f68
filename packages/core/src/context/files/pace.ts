import { setImmediate } from 'node:timers/promises'
import { throwIfCancelled } from '../../model/errors.js'

/** Files per batch: a few milliseconds on a fast disk. */
const BATCH = 100
/** The first batches measure code that is not yet compiled, not the disk. */
const WARM_UP = 2 * BATCH
/** In milliseconds per file: slower disks are read several files at a time. */
const SLOW_READ = 1

/** Options of pacing. */
export interface PaceOptions {
  readonly signal?: AbortSignal | undefined
  /** Whether a batch of files took so long, in milliseconds, that the next is read several files at a time. */
  readonly isSlow?: ((files: number, time: number) => boolean) | undefined
}

/** The synchronous and the asynchronous variant of one piece of work. */
export interface PacedWork<Item, Result> {
  /** Returns a promise for large files alone. */
  readonly atOnce: (item: Item) => Result | Promise<Result>
  readonly meanwhile: (item: Item) => Promise<Result>
}

/**
 * Processes each file, in order. A fast disk is read one file after the other, because a call in another thread takes
 * several times as long as the read. A disk with latency, such as a network disk, is read several files at a time while
 * that is faster: a busy machine has similar times, but gets slower.
 *
 * @throws CancelledError between two batches
 */
export async function inBatches<Item, Result>(
  items: readonly Item[],
  work: PacedWork<Item, Result>,
  { signal, isSlow = (files, time) => time / files > SLOW_READ }: PaceOptions,
): Promise<readonly Result[]> {
  const results: Result[] = []
  const pace = { isSlow: false, atOnce: 0, meanwhile: 0 }
  for (let start = 0; start < items.length; start += BATCH) {
    throwIfCancelled(signal)
    const batch = items.slice(start, start + BATCH)
    const way = pace.isSlow && pace.meanwhile < pace.atOnce ? 'meanwhile' : 'atOnce'
    const began = performance.now()
    if (way === 'meanwhile') results.push(...(await Promise.all(batch.map(work.meanwhile))))
    else {
      for (const item of batch) {
        const result = work.atOnce(item)
        // A promise per file would take as long as reading the file.
        results.push(result instanceof Promise ? await result : result)
      }
    }
    const time = performance.now() - began
    pace[way] = time / batch.length
    if (way === 'atOnce') pace.isSlow = start >= WARM_UP && isSlow(batch.length, time)
    await setImmediate()
  }
  return results
}
