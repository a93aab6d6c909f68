import { LogTail } from '../../builder/buildkit/log-tail.js'
import type { TextPattern } from '../../definition/declare/image-test.js'
import { EngineError } from '../../model/errors.js'

/** The error of a test that an image does not pass. */
export function testFailure(message: string, cause?: unknown): EngineError {
  return new EngineError('TEST_FAILED', message, { ...(cause !== undefined && { cause }) })
}

/** Whether a text contains a text, or matches a pattern. */
function matches(content: string, expected: TextPattern): boolean {
  return 'text' in expected ? content.includes(expected.text) : patternOf(expected).test(content)
}

/** Whether a value is a text, or matches a pattern. */
export function equals(value: string, expected: TextPattern): boolean {
  return 'text' in expected ? value === expected.text : patternOf(expected).test(value)
}

function patternOf({ pattern, flags }: Extract<TextPattern, { readonly pattern: string }>): RegExp {
  return new RegExp(pattern, flags)
}

/** Formats a text or pattern as TypeScript. */
export function shown(expected: TextPattern): string {
  return 'text' in expected ? JSON.stringify(expected.text) : String(patternOf(expected))
}

/** The differences between a text and what it must and must not contain. */
export function textIssues(
  what: string,
  content: string,
  expected: readonly TextPattern[],
  excluded: readonly TextPattern[],
): readonly string[] {
  return [
    ...expected.filter((one) => !matches(content, one)).map((one) => `${what} does not ${verb(one)} ${shown(one)}`),
    ...excluded.filter((one) => matches(content, one)).map((one) => `${what} must not ${verb(one)} ${shown(one)}`),
  ]
}

function verb(expected: TextPattern): string {
  return 'text' in expected ? 'contain' : 'match'
}

/** The last lines of a text, each on a line of its own behind a bar. */
export function quoted(text: string): string {
  const tail = new LogTail()
  tail.add(text)
  return tail
    .lines()
    .map((line) => `\n  | ${line}`)
    .join('')
}
