import { DefinitionError, type ErrorCode, type Issue, PolyarchError } from './errors.js'

/** An error as data. */
export interface ErrorData {
  readonly code: ErrorCode | 'UNEXPECTED'
  readonly message: string
  readonly hint?: string
  /** The node of the graph that it happened in. */
  readonly node?: string
  /** All issues of a definition, if the error is a DefinitionError. */
  readonly issues?: readonly Issue[]
}

/** An error as plain data, for events, plans and reports. */
export function errorData(error: unknown): ErrorData {
  if (error instanceof PolyarchError) {
    const { code, message, hint, node } = error
    const issues = error instanceof DefinitionError ? { issues: error.issues } : {}
    return { code, message, ...(hint !== undefined && { hint }), ...(node !== undefined && { node }), ...issues }
  }
  return { code: 'UNEXPECTED', message: error instanceof Error ? error.message : String(error) }
}
