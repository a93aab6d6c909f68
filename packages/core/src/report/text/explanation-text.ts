import type { ErrorCode } from '../../model/errors.js'
import { ADVICE } from '../advice.js'
import { MEANING } from '../meaning.js'

/** Formats the entry of docs/errors.md for a code, in the installed version. */
export function formatExplanation(code: ErrorCode): string {
  return `${code}\n\n${MEANING[code]}\n\nWhat to do: ${ADVICE[code]}\n`
}
