import { abortable } from './abortable.js'

/** Work in progress by key, so that concurrent callers with the same key share one execution. */
export class InFlight<T> {
  readonly #work = new Map<string, Promise<T>>()

  /**
   * Waits for the work of another caller with the same key. If there is none, or if it failed, this caller does the
   * work: the other one may have been cancelled or have had other permissions.
   */
  async share(key: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    for (let other = this.#work.get(key); other; other = this.#work.get(key)) {
      const outcome = await abortable(settled(other), signal)
      if (outcome) return outcome.value
    }
    const own = work()
    this.#work.set(key, own)
    try {
      return await own
    } finally {
      this.#work.delete(key)
    }
  }
}

async function settled<T>(work: Promise<T>): Promise<{ readonly value: T } | undefined> {
  try {
    return { value: await work }
  } catch {
    return undefined
  }
}

/** Runs the work of one key in sequence. */
export class Queue {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Runs the work after all earlier work of the key has ended or failed. */
  async after<T>(key: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key)
    const own = (async () => {
      if (before) await abortable(settled(before), signal)
      return work()
    })()
    const ended = before ? Promise.all([settled(before), settled(own)]) : settled(own)
    this.#last.set(key, ended)
    try {
      return await own
    } finally {
      if (this.#last.get(key) === ended) this.#last.delete(key)
    }
  }
}
