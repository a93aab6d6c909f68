/** Characters that terminals or editors act on: C0, DEL, C1, line separators and bidirectional overrides. */
const ACTIVE = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** Workflow commands of GitHub (`::name`, `##[name]`) and Azure Pipelines (`##vso[name]`). */
const COMMANDS = /::|##(?=\[|vso\[)/g

/**
 * Encodes a value as JSON that no terminal or CI system acts on. It parses to the same value as `JSON.stringify`'s.
 *
 * @param indent - Spaces per level; none writes one line.
 */
export function escapeJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent)
  return text
    .replace(ACTIVE, unicodeEscape)
    .replace(COMMANDS, (match) => `${match.charAt(0)}${unicodeEscape(match.charAt(1))}`)
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
