import { DefinitionError, type Fault, PolyarchError } from '../model/errors.js'

/** An error as people meet it: what is wrong, what to do, and its code, which docs/errors.md explains. */
export function formatError(error: unknown): string {
  if (error instanceof DefinitionError) return formatFaults(error)
  if (!(error instanceof PolyarchError)) return formatUnexpected(error)
  const where = error.node === undefined ? '' : `${error.node}: `
  return `error: ${where}${error.message}\n${hintLine(error.hint)}code: ${error.code}\n`
}

function formatFaults({ faults, code }: DefinitionError): string {
  const lines = faults.map(({ path, message, hint }: Fault) => `error: ${path}: ${message}\n${hintLine(hint)}`)
  return `${lines.join('')}code: ${code}\n`
}

function hintLine(hint: string | undefined): string {
  return hint === undefined ? '' : `  hint: ${hint}\n`
}

/** A fault of polyarch itself, or of a plugin: the stack tells where. */
function formatUnexpected(error: unknown): string {
  return `unexpected error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`
}
