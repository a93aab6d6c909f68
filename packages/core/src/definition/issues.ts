import { distance } from 'fastest-levenshtein'
import { DefinitionError, type Issue } from '../model/errors.js'

/** Collects all issues of a definition, so that they are reported together. */
export class Issues {
  readonly #issues: Issue[] = []

  /** Adds an issue; an issue that several platforms share is added once. */
  add(path: string, message: string, hint?: string): void {
    if (this.#issues.some((one) => one.path === path && one.message === message)) return
    this.#issues.push({ path, message, ...(hint !== undefined && { hint }) })
  }

  /** Throws {@link DefinitionError} if there is any issue. */
  throwIfAny(): void {
    if (this.#issues.length > 0) throw new DefinitionError(this.#issues)
  }
}

/** The most similar candidate, if one is similar. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, far: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.far - b.far)
  const [best] = ranked
  return best !== undefined && best.far <= Math.max(2, Math.floor(word.length / 3)) ? best.candidate : undefined
}

/** A value of any type, from JavaScript, for a message. */
export function shownValue(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}

/** `did you mean 'x'?` if there is a similar candidate, else the list of all. */
export function suggest(word: string, candidates: readonly string[]): string {
  const near = nearest(word, candidates)
  if (near !== undefined) return `did you mean '${near}'?`
  return candidates.length === 0 ? 'no values are available' : `available: ${candidates.join(', ')}`
}
