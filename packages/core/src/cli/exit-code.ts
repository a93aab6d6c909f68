import { CancelledError, DefinitionError } from '../model/errors.js'

/** Exit codes of `build.ts`. */
export const EXIT = { ok: 0, failed: 1, usage: 2, changes: 3, incomplete: 4, cancelled: 130 } as const

/** The exit code for an error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof DefinitionError) return EXIT.usage
  return error instanceof CancelledError ? EXIT.cancelled : EXIT.failed
}
