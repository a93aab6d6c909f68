import type { RunEvent } from '../model/run/events.js'
import type { ExecuteOptions } from './options.js'

/** Calls the user's `onEvent`. A promise that it returns may reject: the error is thrown once, at the next event. */
export class EventHandler {
  readonly #onEvent: ((event: RunEvent) => unknown) | undefined
  readonly #pending = new Set<Promise<void>>()
  #failures: unknown[] = []

  constructor({ onEvent }: Pick<ExecuteOptions, 'onEvent'>) {
    this.#onEvent = onEvent
  }

  /** @throws what the handler throws, or what an earlier promise of it was rejected with. */
  handle(event: RunEvent): void {
    this.#throwFailure()
    const returned = this.#onEvent?.(event)
    if (!isPromiseLike(returned)) return
    const settled: Promise<void> = Promise.resolve(returned).then(
      () => void this.#pending.delete(settled),
      (error: unknown) => {
        this.#pending.delete(settled)
        this.#failures.push(error)
      },
    )
    this.#pending.add(settled)
  }

  /** Waits for all promises. @throws what one of them was rejected with. */
  async settle(): Promise<void> {
    await Promise.all(this.#pending)
    this.#throwFailure()
  }

  #throwFailure(): void {
    if (this.#failures.length === 0) return
    const [first] = this.#failures
    this.#failures = []
    throw first
  }
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
