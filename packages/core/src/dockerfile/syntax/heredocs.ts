import { ExpansionError, Lexer, type Variables } from './lexer.js'

/** A heredoc that a line opens. */
export interface HeredocStart {
  /** The line that ends it. */
  readonly name: string
  /** `<<-`: tabs before the last line are not part of it. */
  readonly chomp: boolean
}

const HEREDOC = /^\d*<<(-?)([^<]*)$/
const NOTHING: Variables = { get: () => undefined }

/** The heredocs that a line of RUN, COPY or ADD opens, in order. */
export function heredocsOf(line: string): readonly HeredocStart[] {
  if (!line.includes('<<')) return []
  return splitWords(line, { rawQuotes: true, rawEscapes: true }).flatMap((word) => parseHeredoc(word) ?? [])
}

/** Parses the heredoc that a word opens. */
export function parseHeredoc(word: string): HeredocStart | undefined {
  const [, chomp, rest] = HEREDOC.exec(word) ?? []
  if (!rest) return undefined
  const names = splitWords(rest.trimStart(), {})
  const [name] = names
  return name === undefined || names.length > 1 ? undefined : { name, chomp: chomp === '-' }
}

/** BuildKit always uses the backslash here, and finds no words if a quote is not closed. */
function splitWords(text: string, raw: { readonly rawQuotes?: boolean; readonly rawEscapes?: boolean }) {
  try {
    return new Lexer(text, NOTHING, { escapeCharacter: '\\', skipUnset: true, ...raw }).words()
  } catch (error) {
    if (error instanceof ExpansionError) return []
    throw error
  }
}
