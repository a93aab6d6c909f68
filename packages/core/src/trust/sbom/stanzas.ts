/** Fields of a paragraph, by name. */
export type Stanza = ReadonlyMap<string, string>

/** Parses paragraphs of `Name: value` lines. Continuation lines are omitted: no field in use has any. */
export function parseStanzas(text: string): readonly Stanza[] {
  return text.split(/\n(?:[ \t]*\n)+/).flatMap((paragraph) => {
    const fields = new Map<string, string>()
    for (const line of paragraph.split('\n')) {
      const colon = line.indexOf(':')
      if (colon > 0 && !/^\s/.test(line)) fields.set(line.slice(0, colon), line.slice(colon + 1).trim())
    }
    return fields.size === 0 ? [] : [fields]
  })
}
