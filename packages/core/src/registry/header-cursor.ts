/** A place in the text of a header, which reading moves on: each pattern is sticky and matches here or not at all. */
export class HeaderCursor {
  readonly #text: string
  #position = 0

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#position >= this.#text.length
  }

  /** What a sticky pattern matches here; undefined if it does not, and then the place stays. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#position
    const match = pattern.exec(this.#text) ?? undefined
    if (match) this.#position = pattern.lastIndex
    return match
  }
}
