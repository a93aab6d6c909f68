import { ExpansionError, Lexer, UNKNOWN, type Variables } from './lexer.js'

/** Text without these characters expands to itself. */
const ACTIVE = /[$'"\\`<]/

/**
 * Expands the variables of one word as the newest BuildKit does: `$V`, `${V}`, `${V:-default}`, `${V:+other}`,
 * `${V:?message}`, the same without colon, `${V#pattern}`, `${V%pattern}`, `${V/pattern/other}`, escapes, and quotes removed.
 *
 * @throws ExpansionError if the word is malformed, its value is too long, or it is nested too deep
 * @see https://docs.docker.com/reference/dockerfile/#environment-replacement
 */
export function expand(text: string, variables: Variables, escapeCharacter = '\\'): string {
  return ACTIVE.test(text) ? new Lexer(text, variables, { escapeCharacter }).expand() : text
}

/** Like {@link expand}; {@link UNKNOWN} if it cannot be expanded, because BuildKit reports the error. */
export function expandOrUnknown(text: string, variables: Variables, escapeCharacter: string): string {
  try {
    return expand(text, variables, escapeCharacter)
  } catch (error) {
    if (error instanceof ExpansionError) return UNKNOWN
    throw error
  }
}
