import { shownValue, suggest } from '../definition/issues.js'
import type { Issue } from '../model/errors.js'

/** The type of an option, for callers without a compiler: a kind, or the list of its values. */
export type OptionType<Value = unknown> = [Value] extends [boolean]
  ? 'boolean'
  : [Value] extends [number]
    ? 'count' | 'duration'
    : [Value] extends [string]
      ? string extends Value
        ? 'string'
        : readonly Value[]
      : [Value] extends [readonly unknown[]]
        ? 'array'
        : [Value] extends [(...given: never[]) => unknown]
          ? 'function'
          : [Value] extends [AbortSignal]
            ? 'signal'
            : [Value] extends [boolean | readonly unknown[]]
              ? 'boolean or array'
              : [Value] extends [object]
                ? 'object'
                : 'other'

type Kind =
  | 'boolean'
  | 'count'
  | 'duration'
  | 'string'
  | 'array'
  | 'function'
  | 'signal'
  | 'boolean or array'
  | 'object'
  | 'other'

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
const isBoolean = (value: unknown) => typeof value === 'boolean'

/** What each kind accepts, and how messages name it; what is not checked here is checked where it is read. */
const KINDS: Readonly<Record<Kind, readonly [requirement: string, accepts: (value: unknown) => boolean]>> = {
  boolean: ['true or false', isBoolean],
  count: ['a whole number of at least 1', (value) => Number.isSafeInteger(value) && Number(value) >= 1],
  duration: ['a number of milliseconds, at least 0', (value) => Number.isFinite(value) && Number(value) >= 0],
  string: ['a string', (value) => typeof value === 'string'],
  array: ['an array', Array.isArray],
  function: ['a function', (value) => typeof value === 'function'],
  // Not instanceof: a test environment may have globals of its own.
  signal: ['an AbortSignal', (value) => isObject(value) && 'aborted' in value && 'addEventListener' in value],
  'boolean or array': ['true, false or an array', (value) => isBoolean(value) || Array.isArray(value)],
  object: ['an object', isObject],
  other: ['set', () => true],
}

/** Compares an option with its type: `'false'` would count as true, and an unknown word would be ignored. */
export function typeIssue(value: unknown, type: Kind | readonly unknown[]): Omit<Issue, 'path'> | undefined {
  if (typeof type !== 'string') {
    if (type.includes(value)) return undefined
    return { message: `cannot be ${shownValue(value)}`, hint: suggest(String(value), type.map(String)) }
  }
  const [requirement, accepts] = KINDS[type]
  if (accepts(value)) return undefined
  const isOne = typeof value === 'string' && type.includes('array')
  return {
    message: `must be ${requirement}, but is ${shownValue(value)}`,
    ...(isOne && { hint: `write [${shownValue(value)}]` }),
  }
}
