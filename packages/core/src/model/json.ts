import { LIMITS } from './limits.js'

const [QUOTE, BACKSLASH] = ['"', '\\'].map((character) => character.charCodeAt(0))
const OPENING: ReadonlySet<number> = new Set(['[', '{'].map((character) => character.charCodeAt(0)))
const CLOSING: ReadonlySet<number> = new Set([']', '}'].map((character) => character.charCodeAt(0)))

/**
 * Parses JSON that others wrote. Deep values take much memory, and end functions that visit them by recursion.
 *
 * @throws SyntaxError if the text is not JSON, or is nested deeper than {@link LIMITS.jsonDepth}
 */
export function parseJson(text: string): unknown {
  if (isDeep(text)) throw new SyntaxError(`nested more than ${LIMITS.jsonDepth} deep`)
  return JSON.parse(text)
}

function isDeep(text: string): boolean {
  let depth = 0
  let isInText = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (isInText) {
      if (code === BACKSLASH) at += 1
      else if (code === QUOTE) isInText = false
    } else if (code === QUOTE) isInText = true
    else if (OPENING.has(code)) {
      depth += 1
      if (depth > LIMITS.jsonDepth) return true
    } else if (CLOSING.has(code)) depth -= 1
  }
  return false
}
