import { nearest } from '../../definition/issues.js'
import { DefinitionError, ERROR_CODES, type ErrorCode } from '../../model/errors.js'
import { ADVICE } from '../../report/advice.js'
import { MEANING } from '../../report/meaning.js'
import { withStart } from '../../report/text/start-line.js'
import type { CommandContext } from '../command.js'
import { printResult } from '../output.js'

/** `build.ts explain`: prints the meaning of an error code, and what to do. @throws DefinitionError USAGE */
export function explainCommand(text: string, context: CommandContext): void {
  const word = text.toUpperCase().replaceAll('-', '_')
  const code = ERROR_CODES.find((one) => one === word)
  if (code === undefined) {
    const near = nearest(word, ERROR_CODES)
    const hint = near === undefined ? `codes: ${ERROR_CODES.join(', ')}` : `did you mean '${near}'?`
    throw new DefinitionError([{ path: 'explain', message: `error code '${text}' does not exist`, hint }], 'USAGE')
  }
  printResult(withStart(formatExplanation(code), context), context.host)
}

/** Formats the entry of docs/errors.md for a code, in the installed version. */
function formatExplanation(code: ErrorCode): string {
  return `${code}\n\n${MEANING[code]}\n\nWhat to do: ${ADVICE[code]}\n`
}
