/** Which way bytes move, seen from here. */
export type Way = 'up' | 'down'

/** Bytes of one way, and how fast they move. */
export interface Flow {
  readonly bytes: number
  /** Bytes in all of what has been started, where every part's is known. */
  readonly total: number | undefined
  /** Bytes a second over the last seconds; undefined where that is not known yet. */
  readonly rate: number | undefined
}

interface Part {
  readonly bytes: number
  readonly total: number | undefined
}

/** Rates are measured over this long, in milliseconds: long enough to be steady, short enough to follow a change. */
const WINDOW = 5_000
/** Samples closer than this say nothing more. */
const SPACING = 250

class Lane {
  readonly #parts = new Map<string, Part>()
  #samples: { readonly at: number; readonly bytes: number }[] = []
  #bytes = 0

  set(name: string, part: Part, at: number): void {
    this.#bytes += part.bytes - (this.#parts.get(name)?.bytes ?? 0)
    this.#parts.set(name, part)
    const last = this.#samples.at(-1)
    if (last !== undefined && at - last.at < SPACING) return
    this.#samples = [...this.#samples.filter((sample) => at - sample.at <= WINDOW), { at, bytes: this.#bytes }]
  }

  flow(now: number): Flow {
    const totals = [...this.#parts.values()].map(({ total }) => total)
    const total = totals.reduce((sum, one) => (sum === undefined || one === undefined ? undefined : sum + one), 0)
    const [first] = this.#samples
    const seconds = first === undefined ? 0 : (now - first.at) / 1000
    const rate = first === undefined || seconds < 1 ? undefined : Math.max(0, (this.#bytes - first.bytes) / seconds)
    return { bytes: this.#bytes, total, rate }
  }
}

/** What a node has moved so far, layer by layer. */
export class Traffic {
  readonly #lanes: Readonly<Record<Way, Lane>> = { up: new Lane(), down: new Lane() }

  /** Notes how much of one layer has moved; `at` in milliseconds since the epoch. */
  add(
    way: Way,
    layer: string,
    { bytes, total }: { readonly bytes?: number; readonly total?: number },
    at: number,
  ): void {
    if (bytes !== undefined) this.#lanes[way].set(layer, { bytes, total }, at)
  }

  /** What has moved one way until now. */
  flow(way: Way, now: number): Flow {
    return this.#lanes[way].flow(now)
  }
}
