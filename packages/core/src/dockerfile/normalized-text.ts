import type { Dockerfile } from './dockerfile.js'

/**
 * The text of a Dockerfile as far as it decides the result: without comments, empty lines and carriage returns outside
 * heredocs. Directives stay. Text that cannot be read with certainty stays as it is.
 */
export function normalizedText({ text, essence, isForeign, fault }: Dockerfile): string {
  return essence === undefined || isForeign || fault !== undefined ? text : essence
}
