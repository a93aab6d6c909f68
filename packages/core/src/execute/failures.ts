import { DefinitionError, EngineError, HostError, type Issue, PolyarchError, RegistryError } from '../model/errors.js'

/**
 * Combines the errors of a run with `keepGoing` into one of the class and code of the first; a single error is returned
 * unchanged.
 */
export function combineFailures(failures: readonly unknown[]): unknown {
  // Nodes that waited for the same work fail with the same error.
  const all = [...new Set(failures)]
  const [first] = all
  if (all.length < 2 || !(first instanceof PolyarchError)) return first
  if (first instanceof DefinitionError) return new DefinitionError(all.flatMap(issuesOf), first.code)
  const known = all.filter((one) => one instanceof PolyarchError)
  const message = all.map(describeError).join('\n')
  const hints = [...new Set(known.flatMap(({ hint }) => hint ?? []))]
  const details = { cause: first, ...(hints.length > 0 && { hint: hints.join('; ') }) }
  if (first instanceof RegistryError) return new RegistryError(first.code, message, details)
  if (first instanceof HostError) return new HostError(first.code, message, details)
  return first instanceof EngineError ? new EngineError(first.code, message, details) : first
}

/** The issues of a definition error; any other error is reported with its node. */
function issuesOf(error: unknown): readonly Issue[] {
  if (error instanceof DefinitionError) return error.issues
  const message = error instanceof Error ? error.message : String(error)
  if (!(error instanceof PolyarchError)) return [{ path: 'run', message }]
  return [{ path: error.node ?? 'run', message, ...(error.hint !== undefined && { hint: error.hint }) }]
}

function describeError(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return error instanceof PolyarchError && error.node !== undefined ? `${error.node}: ${message}` : message
}
