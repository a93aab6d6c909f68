/** A waiting entry of a group. */
export interface Queued {
  readonly group: string
  /** Higher entries come first, in any group. */
  readonly height: number
  /** Expected milliseconds: longer entries come first, because one that starts late ends last. */
  readonly time: number
}

/** A queue ordered by height, by the group with the fewest active entries, by expected time, then by waiting time. */
export class FairQueue<T extends Queued> {
  readonly #groups = new Map<string, Set<T>>()
  readonly #used = new Map<string, number>()

  add(entry: T): void {
    const waiting = this.#groups.get(entry.group) ?? new Set()
    this.#groups.set(entry.group, waiting.add(entry))
  }

  delete(entry: T): void {
    const waiting = this.#groups.get(entry.group)
    waiting?.delete(entry)
    if (waiting?.size === 0) this.#groups.delete(entry.group)
  }

  /** Updates the active entries of a group: 1 at the start, -1 at the end. */
  count(group: string, change: 1 | -1): void {
    const used = (this.#used.get(group) ?? 0) + change
    if (used === 0) this.#used.delete(group)
    else this.#used.set(group, used)
  }

  /** The entries in their current order. */
  *[Symbol.iterator](): Generator<T, void> {
    const entries = [...this.#groups].flatMap(([group, waiting]) =>
      [...waiting].map((entry) => ({ entry, used: this.#used.get(group) ?? 0 })),
    )
    // The sort is stable, and a group keeps the position of its first entry.
    entries.sort(
      (one, other) =>
        other.entry.height - one.entry.height || one.used - other.used || other.entry.time - one.entry.time,
    )
    for (const { entry } of entries) yield entry
  }
}
