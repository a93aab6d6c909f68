import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** What a process holds. */
export interface ResourceCount {
  readonly descriptors: number
  /** Sockets of Node, which all HTTP/2 sessions are on. */
  readonly connections: number
  /** Resident memory, in MiB. */
  readonly memory: number
}

/** Counts at the points of a soak test. */
export interface SoakCounts {
  /** Before the first build. */
  readonly start: ResourceCount
  /** After a tenth of the builds, with the builder still open: memory that is kept for later is allocated by then. */
  readonly warm: ResourceCount
  /** After all builds, with the builder still open. */
  readonly open: ResourceCount
  /** After the builder has been closed. */
  readonly closed: ResourceCount
}

/** Milliseconds in which sockets that were destroyed are closed. */
const CLOSING_TIME = 500

/** Descriptors that Node opens for itself in the course of a run. */
const OWN_DESCRIPTORS = 4

/** MiB by which memory may differ between two counts without a leak. */
const MEMORY_MARGIN = 60

/** Counts what this process holds, after what was closed has gone. */
export async function countResources(): Promise<ResourceCount> {
  await sleep(CLOSING_TIME)
  globalThis.gc?.()
  const sockets = process.getActiveResourcesInfo().filter((name) => /^(Pipe|TCPSocket)Wrap$/.test(name))
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    connections: sockets.length,
    memory: Math.round(process.memoryUsage.rss() / 2 ** 20),
  }
}

/** @throws Error if builds have left something behind */
export function assertReleased({ start, warm, open, closed }: SoakCounts): void {
  if (open.descriptors > warm.descriptors + OWN_DESCRIPTORS) {
    throw new Error(`${open.descriptors - warm.descriptors} descriptors more than after the first builds`)
  }
  if (open.connections > warm.connections) throw new Error('connections grow with the number of builds')
  if (closed.connections > start.connections) throw new Error('connections are open after the builder was closed')
  if (closed.descriptors > start.descriptors + OWN_DESCRIPTORS) throw new Error('descriptors are left')
  if (open.memory > warm.memory + MEMORY_MARGIN) throw new Error(`${open.memory - warm.memory} MiB of memory are left`)
}
