interface TimedEvent {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/** A clock that jumps to the next event: what takes hours is simulated in seconds. */
export class VirtualTime {
  #now = 0
  #order = 0
  readonly #events: TimedEvent[] = []

  /** In milliseconds. */
  get now(): number {
    return this.#now
  }

  at(time: number, run: () => void): void {
    const event = { at: Math.max(time, this.#now), order: this.#order++, run }
    const isLater = (other: TimedEvent) => other.at > event.at || (other.at === event.at && other.order > event.order)
    let low = 0
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.#events[middle]
      if (other !== undefined && isLater(other)) high = middle
      else low = middle + 1
    }
    this.#events.splice(low, 0, event)
  }

  /** Resolves after a time; rejects as soon as the signal fires. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      this.at(this.#now + milliseconds, resolve)
    })
  }

  /** Runs all events, and after each what follows from it, until the work has ended. */
  async runUntil(work: Promise<unknown>): Promise<void> {
    let isOver = false
    const ended = work.then(
      () => {
        isOver = true
      },
      () => {
        isOver = true
      },
    )
    while (!isOver) {
      // Promises settle before a timer of the event loop.
      await new Promise(setImmediate)
      if (isOver) break
      const next = this.#events.shift()
      if (next === undefined) throw new Error('the simulation waits for nothing')
      this.#now = next.at
      next.run()
    }
    await ended
  }
}
