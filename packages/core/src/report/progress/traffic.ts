import type { EngineTransferEvent, TransferEvent } from '../../model/run/events.js'

/** Direction of a transfer. */
export type Direction = 'up' | 'down'

/** Bytes in one direction, with their rate. */
export interface Flow {
  readonly bytes: number
  /**
   * Total bytes of all transfers that have started, as far as reported: builders omit the size of the smallest layers.
   */
  readonly total: number | undefined
  /** Bytes per second over the last seconds; undefined if not known yet. */
  readonly rate: number | undefined
}

interface Part {
  readonly bytes: number
  readonly total?: number | undefined
}

/** Statuses of a layer whose bytes have all been transferred; they come without a number. */
const MOVED = new Set(['Pushed', 'Download complete', 'Pull complete'])

/** Period for measuring rates, in milliseconds: long enough to be steady, short enough to follow changes. */
const WINDOW = 5_000
/** Minimum distance of samples, in milliseconds. */
const SPACING = 250

class Lane {
  readonly #parts = new Map<string, Part>()
  #samples: { readonly at: number; readonly bytes: number }[] = []
  #bytes = 0

  /** Unpacking after a download counts from zero again and transfers nothing. */
  set(name: string, { bytes: now, total: reported }: Part, at: number): void {
    const before = this.#parts.get(name)
    const bytes = Math.max(now, before?.bytes ?? 0)
    const total = reported ?? before?.total
    this.#bytes += bytes - (before?.bytes ?? 0)
    this.#parts.set(name, { bytes, ...(total !== undefined && { total: Math.max(total, bytes) }) })
    const last = this.#samples.at(-1)
    if (last !== undefined && at - last.at < SPACING) return
    this.#samples = [...this.#samples.filter((sample) => at - sample.at <= WINDOW), { at, bytes: this.#bytes }]
  }

  /** The layer is complete, whatever its last reported progress. */
  complete(name: string, at: number): void {
    const total = this.#parts.get(name)?.total
    if (total !== undefined) this.set(name, { bytes: total }, at)
  }

  flow(now: number): Flow {
    const parts = [...this.#parts.values()]
    const isReported = parts.some(({ total }) => total !== undefined)
    const total = isReported ? parts.reduce((sum, part) => sum + (part.total ?? part.bytes), 0) : undefined
    const [first] = this.#samples
    const seconds = first === undefined ? 0 : (now - first.at) / 1000
    const rate = first === undefined || seconds < 1 ? undefined : Math.max(0, (this.#bytes - first.bytes) / seconds)
    return { bytes: this.#bytes, total, rate }
  }
}

/** The transfers of a node, layer by layer. */
export class Traffic {
  readonly #lanes: Readonly<Record<Direction, Lane>> = { up: new Lane(), down: new Lane() }

  /** Records the progress of a blob between this process and a registry; `at` in milliseconds since the epoch. */
  ofRegistry({ direction, digest, bytes, total }: TransferEvent, at: number): void {
    // A mounted blob is not transferred.
    if (direction !== 'mount') this.#lanes[direction === 'upload' ? 'up' : 'down'].set(digest, { bytes, total }, at)
  }

  /** Records the progress of a layer between the builder and a registry. */
  ofEngine({ direction, layer, status, bytes, total }: EngineTransferEvent, at: number): void {
    const lane = this.#lanes[direction === 'push' ? 'up' : 'down']
    if (bytes !== undefined) lane.set(layer, { bytes, total }, at)
    else if (MOVED.has(status)) lane.complete(layer, at)
  }

  /** Returns the transfers in one direction up to now. */
  flow(direction: Direction, now: number): Flow {
    return this.#lanes[direction].flow(now)
  }
}
