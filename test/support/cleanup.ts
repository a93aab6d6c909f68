/** Things to dispose of together, last first: AsyncDisposableStack, which Node 20 does not have yet. */
export class Cleanup implements AsyncDisposable {
  #things: AsyncDisposable[] = []

  /** Takes charge of a thing, and returns it. */
  use<T extends AsyncDisposable>(thing: T): T {
    this.#things.push(thing)
    return thing
  }

  /** Hands everything over to a new value; this one then has nothing left to do. */
  move(): Cleanup {
    const heir = new Cleanup()
    heir.#things = this.#things
    this.#things = []
    return heir
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (let thing = this.#things.pop(); thing; thing = this.#things.pop()) await thing[Symbol.asyncDispose]()
  }
}
