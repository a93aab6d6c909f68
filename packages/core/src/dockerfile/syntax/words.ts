import { parseJson } from '../../model/json.js'
/** A word with its position in the joined text. */
export interface Word {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** `--name=value`, quotes and escapes removed. */
export interface Flag {
  readonly name: string
  readonly value: string | undefined
  /** The position of each character of the value in the joined text. */
  readonly places: readonly number[]
}

interface Range {
  readonly start: number
  readonly end: number
}

const SPACE = /\s/
const SPLIT = /[^\t\v\f\r ]+/g

/** Reads the flags before the arguments. */
export function splitFlags(
  text: string,
  { start, end }: Range,
  escapeCharacter: string,
): { readonly flags: readonly Flag[]; readonly rest: number } {
  const flags: Flag[] = []
  let at = start
  for (;;) {
    while (at < end && SPACE.test(text[at] ?? '')) at++
    if (at >= end || !text.startsWith('--', at)) return { flags, rest: Math.min(at, end) }
    const found = readFlag(text, { start: at, end }, escapeCharacter)
    at = found.next
    if (found.word === '--') return { flags, rest: at }
    const equals = found.word.indexOf('=')
    const name = found.word.slice(2, equals < 0 ? undefined : equals)
    const value = equals < 0 ? undefined : found.word.slice(equals + 1)
    flags.push({ name, value, places: equals < 0 ? [] : found.places.slice(equals + 1) })
  }
}

function readFlag(text: string, { start, end }: Range, escapeCharacter: string) {
  const characters: string[] = []
  const places: number[] = []
  let quote: string | undefined
  let at = start
  for (; at < end; at++) {
    const character = text[at] ?? ''
    if (quote === undefined && SPACE.test(character)) break
    if (quote === character) {
      quote = undefined
      continue
    }
    if (quote === undefined && (character === '"' || character === "'")) {
      quote = character
      continue
    }
    if (character === escapeCharacter && ++at >= end) break
    characters.push(text[at] ?? '')
    places.push(at)
  }
  return { word: characters.join(''), places, next: at }
}

/** Splits at white space, as for FROM, COPY and ADD: quotes do not join words. */
export function splitSpaces(text: string, { start, end }: Range): readonly Word[] {
  return [...text.slice(start, end).matchAll(SPLIT)].map(({ 0: word, index }) => ({
    text: word,
    start: start + index,
    end: start + index + word.length,
  }))
}

/** Splits ARG and ENV into words, keeping quotes and escapes. */
export function splitQuoted(text: string, { start, end }: Range, escapeCharacter: string): readonly Word[] {
  const words: Word[] = []
  let from = start
  let quote: string | undefined
  const endWord = (at: number) => {
    if (at > from) words.push({ text: text.slice(from, at), start: from, end: at })
    from = at + 1
  }
  for (let at = start; at < end; at++) {
    const character = text[at] ?? ''
    if (character === escapeCharacter && quote !== "'") {
      if (at + 1 >= end) {
        endWord(at)
        return words
      }
      at++
    } else if (quote === undefined && SPACE.test(character)) endWord(at)
    else if (quote === character) quote = undefined
    else if (quote === undefined && (character === '"' || character === "'")) quote = character
  }
  endWord(end)
  return words
}

const STRING = /"(?:[^"\\]|\\.)*"?/g

/** The strings of a JSON array, with positions without the quotes; undefined if it is not an array of strings. */
export function readJson(text: string, { start, end }: Range): readonly Word[] | undefined {
  const written = text.slice(start, end)
  if (!/^\s*\[/.test(written)) return undefined
  const values = jsonValue(written.trim())
  if (!Array.isArray(values) || values.some((value) => typeof value !== 'string')) return undefined
  return [...written.matchAll(STRING)].map(({ 0: string, index }) => ({
    text: JSON.parse(string) as string,
    start: start + index + 1,
    end: start + index + string.length - 1,
  }))
}

function jsonValue(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}
