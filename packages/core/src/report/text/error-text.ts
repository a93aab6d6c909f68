import { DefinitionError, type ErrorCode, type Issue, PolyarchError, RegistryError } from '../../model/errors.js'
import { quoteServer } from '../../registry/http/redaction.js'
import { hintFor } from '../advice.js'
import { escapeText } from '../escape.js'
import { type Paint, unpainted } from '../paint.js'

/** How an error is shown. */
export interface ErrorTextOptions {
  /** Also print the causes, and the requests to registries. */
  readonly verbose?: boolean
  readonly paint?: Paint
}

/**
 * Formats an error in a fixed order: what failed and where, why, what to do, and its code with the command that
 * explains it.
 */
export function formatError(error: unknown, options: ErrorTextOptions = {}): string {
  const { verbose = false, paint = unpainted } = options
  const summary = error instanceof PolyarchError ? formatKnown(error, paint) : formatUnexpected(error, paint)
  return `${summary}${verbose ? causeLines(error) : ''}`
}

/** Formats an error of the arguments. */
export function formatUsage(message: string, options: ErrorTextOptions & { readonly hint?: string }): string {
  const { paint = unpainted, hint = 'run npx tsx build.ts --help' } = options
  return `${errorWord(paint)} ${escapeText(message)}\n${hintLine(hint, paint)}${codeLines('USAGE', paint)}`
}

function formatKnown(error: PolyarchError, paint: Paint): string {
  const what = error instanceof DefinitionError ? issueLines(error, paint) : failureLines(error, paint)
  return `${what}${codeLines(error.code, paint)}`
}

function codeLines(code: ErrorCode, paint: Paint): string {
  return `${paint('dim', `code: ${code}`)}\n${paint('dim', `more: npx tsx build.ts explain ${code}`)}\n`
}

/** Issues state the correct value themselves, so the code's advice is omitted. */
function issueLines({ issues }: DefinitionError, paint: Paint): string {
  return issues
    .map(
      ({ path, message, hint }: Issue) =>
        `${errorWord(paint)} ${escapeText(`${path}: ${message}`)}\n${hintLine(hint, paint)}`,
    )
    .join('')
}

function failureLines({ node, message, hint, code }: PolyarchError, paint: Paint): string {
  const where = node === undefined ? '' : `${node}: `
  return `${errorWord(paint)} ${escapeText(where + message)}\n${hintLine(hint ?? hintFor(code), paint)}`
}

function errorWord(paint: Paint): string {
  return paint('red', 'error:')
}

function hintLine(hint: string | undefined, paint: Paint): string {
  return hint === undefined ? '' : `  ${paint('cyan', 'hint:')} ${escapeText(hint)}\n`
}

/** Formats a bug in polyarch or in a plugin: the stack shows where. */
function formatUnexpected(error: unknown, paint: Paint): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const hint = 'this is a bug in polyarch or a plugin, not in your build: please report it with the lines above'
  return `${paint('red', 'unexpected error:')} ${escapeText(stack)}\n${hintLine(hint, paint)}`
}

/** Longer chains are cut. */
const MAX_CAUSES = 8

/** Lists the causes of an error, outermost first. Quotes of other programs have tokens and passwords removed. */
function causeLines(error: unknown): string {
  const lines = chainOf(error).flatMap((one, depth) => [
    ...(depth === 0 ? [] : [`cause: ${one.name}: ${quoteServer(one.message)}`]),
    ...(one instanceof RegistryError && one.exchange !== undefined ? [requestLine(one.exchange)] : []),
  ])
  return lines.map((line) => `${escapeText(line)}\n`).join('')
}

function chainOf(error: unknown): readonly Error[] {
  const chain: Error[] = []
  for (let one = error; one instanceof Error && !chain.includes(one) && chain.length < MAX_CAUSES; one = one.cause) {
    chain.push(one)
  }
  return chain
}

function requestLine({ method, url, status, codes = [], requestId }: NonNullable<RegistryError['exchange']>): string {
  const answer = status === undefined ? 'no answer' : [`answered with ${status}`, ...codes].join(' ')
  return `request: ${method} ${quoteServer(url)}: ${answer}${requestId === undefined ? '' : `, request id ${requestId}`}`
}
