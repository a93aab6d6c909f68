import { setImmediate } from 'node:timers/promises'
import { throwIfCancelled } from '../../model/errors.js'

/** Files per batch: a few milliseconds of a quick disk. */
const BATCH = 100
/** The first batches run code that has not run before, and measure nothing of the disk. */
const WARM_UP = 2 * BATCH
/** In milliseconds per file: slower disks are read several files at a time. */
const SLOW_READ = 1

/** How a batch is paced. */
export interface PaceOptions {
  readonly signal?: AbortSignal | undefined
  /** Whether a batch of files took so long, in milliseconds, that the next is read several files at a time. */
  readonly isSlow?: ((files: number, time: number) => boolean) | undefined
}

/** One piece of work, done with synchronous calls and with asynchronous ones. */
export interface PacedWork<Item, Result> {
  /** Returns a promise for large files alone. */
  readonly atOnce: (item: Item) => Result | Promise<Result>
  readonly meanwhile: (item: Item) => Promise<Result>
}

/**
 * Does some work with each file, in order. A quick disk is read one file after the other: a call in another thread takes
 * several times as long as the read. Of a disk that is slow to answer, one behind a network, several files are read at a
 * time, as long as that is quicker: a busy machine looks the same and loses by it.
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
        // A promise for each of many files takes as long as their reading.
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
