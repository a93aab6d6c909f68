import { createHash } from 'node:crypto'
import { createReadStream, lstatSync, readFileSync, readlinkSync, type Stats } from 'node:fs'
import { lstat, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import { type Digest, digestOf } from '../model/digest.js'
import { throwIfCancelled } from '../model/errors.js'
import type { ContextEntry } from './context-file.js'
import { reading, WHOLE_FILE } from './file-fault.js'

/** Files read before others get their turn: a few milliseconds of a disk that is quick. */
const BATCH = 100
/** The first files are read by code that has not run before: they tell nothing of the disk. */
const WARM_UP = 2 * BATCH
/** In milliseconds per file: from here on, several at a time are read sooner than one after the other. */
const SLOW_READ = 1

/** How entries are read. */
export interface EntryReading {
  readonly signal?: AbortSignal | undefined
  /** Whether so many files took so long, in milliseconds, that several are to be read at a time from here on. */
  readonly isSlow?: (files: number, time: number) => boolean
}

/**
 * Reads what is at paths, in their order; what nothing could be sent of is left out: sockets, devices and pipes.
 *
 * Of a quick disk one file after the other: handing each over to another thread takes several times as long as reading
 * it. A disk that is slow to answer, one behind a network, is asked for several at a time.
 *
 * @throws EngineError CONTEXT_UNREADABLE; CancelledError
 */
export async function readEntries(
  directory: string,
  paths: readonly string[],
  { signal, isSlow = (files, time) => time / files > SLOW_READ }: EntryReading = {},
): Promise<readonly ContextEntry[]> {
  const entries: (ContextEntry | undefined)[] = []
  const pace = { isSlow: false, atOnce: 0, meanwhile: 0 }
  for (let start = 0; start < paths.length; start += BATCH) {
    throwIfCancelled(signal)
    const batch = paths.slice(start, start + BATCH)
    // A disk that is slow gains by it; a machine that is busy only loses, and looks the same until it has been tried.
    const way = pace.isSlow && pace.meanwhile < pace.atOnce ? 'meanwhile' : 'atOnce'
    const read = way === 'meanwhile' ? readMeanwhile : readAtOnce
    const began = performance.now()
    entries.push(...(await Promise.all(batch.map((path) => reading(path, () => read(join(directory, path), path))))))
    const time = performance.now() - began
    pace[way] = time / batch.length
    if (way === 'atOnce') pace.isSlow = start >= WARM_UP && isSlow(batch.length, time)
    await setImmediate()
  }
  return entries.filter((entry) => entry !== undefined)
}

async function readAtOnce(file: string, path: string): Promise<ContextEntry | undefined> {
  const stats = lstatSync(file)
  if (stats.isSymbolicLink()) return linkEntry(path, stats, readlinkSync(file))
  if (!stats.isFile()) return directoryEntry(path, stats)
  return fileEntry(path, stats, stats.size <= WHOLE_FILE ? digestOf(readFileSync(file)) : await digestStream(file))
}

async function readMeanwhile(file: string, path: string): Promise<ContextEntry | undefined> {
  const stats = await lstat(file)
  if (stats.isSymbolicLink()) return linkEntry(path, stats, await readlink(file))
  if (!stats.isFile()) return directoryEntry(path, stats)
  return fileEntry(path, stats, stats.size <= WHOLE_FILE ? digestOf(await readFile(file)) : await digestStream(file))
}

function linkEntry(path: string, { mtimeMs: modified }: Stats, target: string): ContextEntry {
  return { kind: 'symlink', path, target, modified }
}

function fileEntry(path: string, { size, mode, mtimeMs: modified }: Stats, digest: Digest): ContextEntry {
  return { kind: 'file', path, digest, size, mode: mode & 0o7777, modified }
}

function directoryEntry(path: string, stats: Stats): ContextEntry | undefined {
  if (!stats.isDirectory()) return undefined
  return { kind: 'directory', path, mode: stats.mode & 0o7777, modified: stats.mtimeMs }
}

async function digestStream(file: string): Promise<Digest> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return `sha256:${hash.digest('hex')}` as Digest
}
