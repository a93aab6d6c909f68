import type { ImageUse, Stage } from './dockerfile.js'
import { ExpansionError, expand, type Variables } from './expand.js'

/** What BuildKit's ADD fetches: all else is a path in the context. */
const REMOTE = /^((https?|git|ssh):\/\/|[\w-]+@[\w.-]+:)/

/** The addresses that a stage's ADDs fetch. */
export interface RemoteAdds {
  /** Those whose content may change. */
  readonly volatile: readonly ImageUse[]
  /** Those with a checksum, expanded. */
  readonly pinned: readonly string[]
}

/** The sources of a stage's ADDs that are fetched, as far as args and the stage's own ENV tell. */
export function remoteAddsOf(
  stage: Stage,
  globals: Variables,
  args: Readonly<Record<string, string>>,
  escapeCharacter: string,
): RemoteAdds {
  if (stage.adds.length + stage.pinnedAdds.length === 0) return { volatile: [], pinned: [] }
  const own = new Map<string, string>()
  const expanded = (text: string) => expandAddress(text, own, escapeCharacter)
  for (const { name, default: preset } of stage.args) {
    const value = args[name] ?? (preset === undefined ? globals.get(name) : expanded(preset))
    if (value !== undefined) own.set(name, value)
  }
  for (const { name, value } of stage.env) own.set(name, expanded(value))
  return {
    volatile: stage.adds.filter(({ text }) => REMOTE.test(expanded(text))),
    pinned: stage.pinnedAdds.map(({ text }) => expanded(text)).filter((address) => REMOTE.test(address)),
  }
}

/** What is too long to be expanded is no address, and BuildKit's to judge. */
function expandAddress(text: string, variables: Variables, escapeCharacter: string): string {
  try {
    return expand(text, variables, escapeCharacter)
  } catch (error) {
    if (error instanceof ExpansionError) return ''
    throw error
  }
}
