/** Variables by name; what is not in it expands to nothing. */
export type Variables = ReadonlyMap<string, string>

const NAME = /[A-Za-z0-9_]/

/** A word that grows beyond what any image's name could be. */
export class ExpansionError extends Error {}

/** The most that a word expands to, in characters: each ARG may double the one before it. */
const MAX_LENGTH = 65_536

/** How deep replacements may be nested in one another. */
const MAX_DEPTH = 1000

/**
 * Expands the variables of one word as BuildKit does for FROM: `$V`, `${V}`, `${V:-default}`, `${V:+replacement}`, the
 * same without colon, escapes, and quotes taken away.
 *
 * @throws ExpansionError where that is too long, or nested too deep
 * @see https://docs.docker.com/reference/dockerfile/#environment-replacement
 */
export function expand(text: string, variables: Variables, escapeCharacter = '\\'): string {
  return new Expansion(text, variables, escapeCharacter).run()
}

class Expansion {
  readonly #text: string
  readonly #variables: Variables
  readonly #escape: string
  #at = 0
  #depth = 0

  constructor(text: string, variables: Variables, escapeCharacter: string) {
    this.#text = text
    this.#variables = variables
    this.#escape = escapeCharacter
  }

  /** Up to the end, or to the brace that ends a replacement. */
  run(closing?: string): string {
    let result = ''
    while (this.#at < this.#text.length && this.#text[this.#at] !== closing) {
      const character = this.#next()
      if (character === "'") result += this.#upTo("'")
      else if (character === '"') result += this.#quoted()
      else result += this.#one(character)
      this.#requireShort(result)
    }
    return result
  }

  #requireShort(result: string): void {
    if (result.length <= MAX_LENGTH) return
    throw new ExpansionError(`'${this.#text.slice(0, 40)}' expands to more than ${MAX_LENGTH} characters`)
  }

  #next(): string {
    return this.#text[this.#at++] ?? ''
  }

  /** What one character outside of single quotes stands for. */
  #one(character: string): string {
    if (character === this.#escape) return this.#next()
    return character === '$' ? this.#variable() : character
  }

  #quoted(): string {
    let result = ''
    while (this.#at < this.#text.length) {
      const character = this.#next()
      if (character === '"') break
      result += this.#one(character)
      this.#requireShort(result)
    }
    return result
  }

  #upTo(end: string): string {
    const found = this.#text.indexOf(end, this.#at)
    const stop = found < 0 ? this.#text.length : found
    const result = this.#text.slice(this.#at, stop)
    this.#at = stop + end.length
    return result
  }

  #variable(): string {
    if (this.#text[this.#at] !== '{') return this.#variables.get(this.#name()) ?? ''
    this.#at++
    const name = this.#name()
    const colon = this.#text[this.#at] === ':'
    if (colon) this.#at++
    const operator = this.#text[this.#at]
    const value = this.#variables.get(name)
    const isSet = value !== undefined && !(colon && value === '')
    if (operator === '-' || operator === '+') {
      this.#at++
      const word = this.#replacement()
      if (operator === '+') return isSet ? word : ''
      return isSet ? value : word
    }
    this.#upTo('}')
    return value ?? ''
  }

  #replacement(): string {
    if (++this.#depth > MAX_DEPTH) {
      throw new ExpansionError(`'${this.#text.slice(0, 40)}' has variables nested deeper than ${MAX_DEPTH}`)
    }
    const word = this.run('}')
    this.#depth--
    this.#at++
    return word
  }

  #name(): string {
    const start = this.#at
    while (this.#at < this.#text.length && NAME.test(this.#text[this.#at] ?? '')) this.#at++
    return this.#text.slice(start, this.#at)
  }
}
