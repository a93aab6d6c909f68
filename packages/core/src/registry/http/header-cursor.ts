/** The characters of a token. @see https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2 */
const TOKEN = new Set("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

/**
 * A position in the text of a header. It only moves forward, and reads one character ahead at most, so parsing takes
 * linear time.
 */
export class HeaderCursor {
  readonly #text: string
  #position = 0
  #steps = 0

  constructor(text: string) {
    this.#text = text
  }

  /** Number of characters read. */
  get steps(): number {
    return this.#steps
  }

  get isAtEnd(): boolean {
    return this.#position >= this.#text.length
  }

  /** Consumes the next character if it is this one. */
  take(character: string): boolean {
    this.#steps += 1
    if (this.#text[this.#position] !== character) return false
    this.#position += 1
    return true
  }

  /** Consumes characters while they pass a test. */
  takeWhile(passes: (character: string) => boolean): string {
    const start = this.#position
    for (let next = this.#text[start]; next !== undefined && passes(next); next = this.#text[this.#position]) {
      this.#position += 1
      this.#steps += 1
    }
    this.#steps += 1
    return this.#text.slice(start, this.#position)
  }

  #takeOne(): string {
    this.#steps += 1
    this.#position += 1
    return this.#text[this.#position - 1] ?? ''
  }

  /** Whether an element of a list ends here: with a comma, or with the text. */
  get isAtElementEnd(): boolean {
    this.#steps += 1
    return this.isAtEnd || this.#text[this.#position] === ','
  }

  /** Skips blanks and tabs. @returns whether there were any. */
  skipBlanks(): boolean {
    return this.takeWhile((character) => character === ' ' || character === '\t') !== ''
  }

  /** Skips white space and commas between the elements of a list. */
  skipSeparators(): void {
    this.takeWhile((character) => character === ',' || isSpace(character))
  }

  takeToken(): string {
    return this.takeWhile(isTokenCharacter)
  }

  /** Takes a quoted string, the first quote of which has been taken; undefined if it does not end. */
  takeQuoted(): string | undefined {
    const parts: string[] = []
    for (;;) {
      parts.push(this.takeWhile((character) => character !== '"' && character !== '\\'))
      if (this.take('"')) return parts.join('')
      if (!this.take('\\') || this.isAtEnd) return undefined
      parts.push(this.#takeOne())
    }
  }
}

/** Whether a character may be part of a token. */
export function isTokenCharacter(character: string): boolean {
  return TOKEN.has(character)
}

/** Whether a character is white space. */
export function isSpace(character: string): boolean {
  return /\s/.test(character)
}
