import { EngineError, HostError, PolyarchError, RegistryError } from '../model/errors.js'

/** One error for all that failed in a run that went on: the first, where there is only one. */
export function combineFailures(failures: readonly unknown[]): unknown {
  const [first] = failures
  if (failures.length < 2 || !(first instanceof PolyarchError)) return first
  const known = failures.filter((one) => one instanceof PolyarchError)
  const message = failures.map(tell).join('\n')
  const hints = [...new Set(known.flatMap(({ hint }) => hint ?? []))]
  const details = { cause: first, ...(hints.length > 0 && { hint: hints.join('; ') }) }
  if (first instanceof RegistryError) return new RegistryError(first.code, message, details)
  if (first instanceof HostError) return new HostError(first.code, message, details)
  return new EngineError(first.code, message, details)
}

function tell(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return error instanceof PolyarchError && error.node !== undefined ? `${error.node}: ${message}` : message
}
