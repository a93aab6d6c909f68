import { LIMITS } from '../../model/limits.js'
import {
  charactersOf,
  longestPrefix,
  parsePattern,
  replaceMatches,
  shortestPrefix,
  TooComplexError,
} from './shell-pattern.js'

/** A lookup of variables; a value that contains {@link UNKNOWN} is partly unknown. */
export type Variables = Pick<ReadonlyMap<string, string>, 'get'>

/** Placeholder for a value that only the builder knows. No valid Dockerfile contains this character. */
export const UNKNOWN = '\u0000'

/** A word that cannot be expanded. */
export class ExpansionError extends Error {
  /** Whether every version of BuildKit rejects the word. */
  readonly isCertain: boolean

  constructor(message: string, isCertain: boolean) {
    super(message)
    this.isCertain = isCertain
  }
}

/** Treatment of quotes, escapes and unset variables. */
export interface LexerMode {
  readonly escapeCharacter: string
  readonly rawQuotes?: boolean
  readonly rawEscapes?: boolean
  /** Keeps unset variables unchanged. */
  readonly skipUnset?: boolean
}

const SPACE = /\s/
const LETTER_OR_DIGIT = /[\p{L}\p{Nd}_]/u
const DIGIT = /\p{Nd}/u
const SPECIAL = '@*#?-$!0'

/** Reads one text as BuildKit's shell lexer does: quotes, escapes, variables with their modifiers, words. */
export class Lexer {
  readonly #text: string
  readonly #variables: Variables
  readonly #mode: LexerMode
  readonly #words: string[] = []
  #at = 0
  #depth = 0
  #rawEscapes: boolean
  #isSplitting = false
  #word = ''

  constructor(text: string, variables: Variables, mode: LexerMode) {
    this.#text = text
    this.#variables = variables
    this.#mode = mode
    this.#rawEscapes = mode.rawEscapes ?? false
  }

  /** The text as one word. */
  expand(): string {
    return this.#until(undefined, this.#rawEscapes)
  }

  /** The words of the text, separated by white space outside quotes. */
  words(): readonly string[] {
    this.#isSplitting = true
    this.#until(undefined, this.#rawEscapes)
    this.#endWord()
    return this.#words
  }

  /** Reads to the end, or past the terminating character. */
  #until(stop: string | undefined, rawEscapes: boolean): string {
    const outer = this.#rawEscapes
    this.#rawEscapes = rawEscapes
    if (stop !== undefined && ++this.#depth > LIMITS.expansionDepth)
      throw this.#error(`variables nested deeper than ${LIMITS.expansionDepth}`)
    let result = ''
    for (;;) {
      const character = this.#text[this.#at]
      if (character === undefined && stop !== undefined) throw this.#error(`no matching '${stop}'`, true)
      if (character === undefined) break
      if (character === stop) {
        this.#at++
        break
      }
      result += this.#one(character)
      this.#requireShort(result)
    }
    if (stop !== undefined) {
      this.#depth--
      // BuildKit keeps one buffer for the words of all levels.
      this.#word = ''
    }
    this.#rawEscapes = outer
    return result
  }

  #one(character: string): string {
    this.#at++
    if (character === "'") return this.#addRaw(this.#singleQuoted())
    if (character === '"') return this.#addRaw(this.#doubleQuoted())
    if (character === '<') return this.#addRaw(this.#heredocSign())
    if (character === '$') return this.#addSplit(this.#variable())
    if (character !== this.#mode.escapeCharacter) return this.#addSplit(character)
    const escaped = this.#text[this.#at++] ?? ''
    return this.#addRaw((this.#rawEscapes ? character : '') + escaped)
  }

  #addRaw(text: string): string {
    if (this.#isSplitting) this.#word += text
    return text
  }

  #addSplit(text: string): string {
    if (!this.#isSplitting) return text
    for (const character of text) {
      if (SPACE.test(character)) this.#endWord()
      else this.#word += character
    }
    return text
  }

  #endWord(): void {
    if (this.#word !== '') this.#words.push(this.#word)
    this.#word = ''
  }

  #error(reason: string, isCertain = false): ExpansionError {
    return new ExpansionError(`'${this.#text.slice(0, 40)}' has ${reason}`, isCertain)
  }

  #requireShort(result: string): void {
    if (result.length > LIMITS.expandedWord && !this.#mode.skipUnset)
      throw this.#error(`an expansion of more than ${LIMITS.expandedWord} characters`)
  }

  #singleQuoted(): string {
    const end = this.#text.indexOf("'", this.#at)
    if (end < 0) throw this.#error('no matching single quote', true)
    const inside = this.#text.slice(this.#at, end)
    this.#at = end + 1
    return this.#mode.rawQuotes ? `'${inside}'` : inside
  }

  #doubleQuoted(): string {
    let result = ''
    for (;;) {
      const character = this.#text[this.#at++]
      if (character === undefined) throw this.#error('no matching double quote', true)
      if (character === '"') return this.#mode.rawQuotes ? `"${result}"` : result
      if (character === '$') result += this.#variable()
      else if (character === this.#mode.escapeCharacter) result += this.#escapedInQuotes(character)
      else result += character
      this.#requireShort(result)
    }
  }

  #escapedInQuotes(escapeCharacter: string): string {
    const next = this.#text[this.#at]
    if (next === undefined) return this.#rawEscapes ? escapeCharacter : ''
    if (next !== '"' && next !== '$' && next !== escapeCharacter)
      return this.#rawEscapes ? escapeCharacter + escapeCharacter : escapeCharacter
    this.#at++
    return (this.#rawEscapes ? escapeCharacter : '') + next
  }

  /** `<<` with the white space that may stand before the name of a heredoc. */
  #heredocSign(): string {
    if (this.#text[this.#at] !== '<') return '<'
    const start = this.#at - 1
    do this.#at++
    while (' \t\r'.includes(this.#text[this.#at] ?? 'end'))
    return this.#text.slice(start, this.#at)
  }

  #variable(): string {
    if (this.#text[this.#at] !== '{') {
      const name = this.#name()
      if (name === '') return '$'
      return this.#variables.get(name) ?? (this.#mode.skipUnset ? `$${name}` : '')
    }
    const start = this.#at - 1
    this.#at++
    if ('{}:'.includes(this.#text[this.#at] ?? '')) throw this.#error('a bad substitution', true)
    const name = this.#name()
    const result = this.#modified(this.#variables.get(name))
    if (this.#mode.skipUnset && this.#variables.get(name) === undefined) return this.#text.slice(start, this.#at)
    return typeof result === 'string' ? result : this.#refuse(name, result)
  }

  #refuse(name: string, { message }: InvalidExpansion): string {
    if (this.#mode.skipUnset) return ''
    throw new ExpansionError(`${name}: ${message}`, true)
  }

  /** Applies the modifier after the name in braces. */
  #modified(value: string | undefined): string | InvalidExpansion {
    const first = this.#text[this.#at++]
    if (first === '}') return value ?? ''
    if (first === '/') return this.#replaced(value ?? '')
    const colon = first === ':'
    const operator = colon ? this.#text[this.#at++] : first
    if (operator === undefined) throw this.#error("no matching '}'", true)
    if (!'-+?#%'.includes(operator) || (colon && '#%'.includes(operator))) throw this.#error(`a modifier '${operator}'`)
    const word = this.#until('}', '#%'.includes(operator))
    if (operator === '#' || operator === '%') return this.#trimmed(value ?? '', operator, word)
    return chooseValue(value, word, { operator, colon })
  }

  #trimmed(value: string, operator: string, word: string): string {
    const isGreedy = word.startsWith(operator)
    const pattern = isGreedy ? word.slice(1) : word
    return this.#matching(value + pattern, value, () => {
      const find = isGreedy ? longestPrefix : shortestPrefix
      const tokens = parsePattern(pattern)
      const characters = charactersOf(value)
      if (operator === '#') return characters.slice(find(tokens, characters) ?? 0).join('')
      const length = find(tokens.toReversed(), characters.toReversed()) ?? 0
      return characters.slice(0, characters.length - length).join('')
    })
  }

  #replaced(value: string): string {
    const isAll = this.#text[this.#at] === '/'
    if (isAll) this.#at++
    const pattern = this.#until('/', true)
    const replacement = this.#until('}', true)
    return this.#matching(value + pattern + replacement, value, () =>
      replaceMatches(parsePattern(pattern), charactersOf(value), { replacement, isAll }),
    )
  }

  /** Expands a pattern, if both the pattern and the value are known. */
  #matching(pattern: string, value: string, result: () => string): string {
    if (pattern.includes(UNKNOWN)) return value + UNKNOWN
    try {
      return result()
    } catch (error) {
      if (error instanceof TooComplexError) throw this.#error(error.message)
      throw error
    }
  }

  #name(): string {
    const start = this.#at
    const first = this.#text[start] ?? ''
    const allowed = DIGIT.test(first) ? DIGIT : LETTER_OR_DIGIT
    if (first !== '' && SPECIAL.includes(first) && first !== '0') return this.#text.slice(start, ++this.#at)
    while (allowed.test(this.#text[this.#at] ?? '')) this.#at++
    return this.#text.slice(start, this.#at)
  }
}

interface InvalidExpansion {
  readonly message: string
}

/** The value, the word, or neither, by whether the variable is set; with a colon, an empty one is not. */
function chooseValue(
  value: string | undefined,
  word: string,
  { operator, colon }: { readonly operator: string; readonly colon: boolean },
): string | InvalidExpansion {
  if (value !== undefined && isUndecided(value)) return UNKNOWN
  const isSet = value !== undefined && !(colon && value === '')
  if (operator === '+') return isSet ? word : ''
  if (isSet) return value
  return operator === '-' ? word : { message: word || `must be set${colon ? ' and not empty' : ''}` }
}

/** Whether the value is unknown, including whether it is set. */
function isUndecided(value: string): boolean {
  return value !== '' && value.replaceAll(UNKNOWN, '') === ''
}
