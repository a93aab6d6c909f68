import type { ErrorCode } from '../../model/errors.js'
import { ADVICE } from '../advice.js'
import { MEANING } from '../meaning.js'

/** What docs/errors.md says of a code: the same wherever polyarch is installed, and of the same version. */
export function formatExplanation(code: ErrorCode): string {
  return `${code}\n\n${MEANING[code]}\n\nWhat to do: ${ADVICE[code]}\n`
}
