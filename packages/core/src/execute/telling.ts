import type { RunEvent } from '../model/events.js'

/** Tells the events of a node; what happens before it counts as started is told when it does. */
export class Telling {
  readonly #emit: (event: RunEvent) => void
  #held: RunEvent[] | undefined = []

  constructor(emit: (event: RunEvent) => void) {
    this.#emit = emit
  }

  get hasStarted(): boolean {
    return this.#held === undefined
  }

  start(event: RunEvent): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const one of [event, ...held]) this.#emit(one)
  }

  tell(event: RunEvent): void {
    if (this.#held === undefined) this.#emit(event)
    else this.#held.push(event)
  }
}
