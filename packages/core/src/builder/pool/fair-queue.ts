/** Something that waits, for a group. */
export interface Queued {
  readonly group: string
  /** What is higher comes first, whatever its group. */
  readonly height: number
}

/** Entries that wait: the highest first, then that of the group that has the least, then the one that has waited longest. */
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

  /** Counts what a group has: 1 when it gets something, -1 when it returns that. */
  count(group: string, change: 1 | -1): void {
    const used = (this.#used.get(group) ?? 0) + change
    if (used === 0) this.#used.delete(group)
    else this.#used.set(group, used)
  }

  /** The entries in their order now. */
  *[Symbol.iterator](): Generator<T, void> {
    const entries = [...this.#groups].flatMap(([group, waiting]) =>
      [...waiting].map((entry) => ({ entry, used: this.#used.get(group) ?? 0 })),
    )
    // The sort is stable, and a group stays where its first entry put it.
    entries.sort((one, other) => other.entry.height - one.entry.height || one.used - other.used)
    for (const { entry } of entries) yield entry
  }
}
