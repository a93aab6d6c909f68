/** A time limit whose time starts later. */
export class Deadline {
  readonly #controller = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #isOver = false

  /** A signal that fires at the end of the time, or with another signal. */
  within(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#controller.signal : AbortSignal.any([signal, this.#controller.signal])
  }

  /** Starts or restarts the time, in milliseconds. At 0, the signal fires at once. */
  start(milliseconds: number, reason: unknown): void {
    if (this.#isOver) return
    clearTimeout(this.#timer)
    if (milliseconds === 0) this.#controller.abort(reason)
    else this.#timer = setTimeout(() => this.#controller.abort(reason), milliseconds)
  }

  /** Cancels the limit: it never fires after that, and cannot be restarted. */
  stop(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
  }
}
