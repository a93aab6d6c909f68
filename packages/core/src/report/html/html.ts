/** Markup that is safe to put into a page as it is. Only {@link html} and {@link trusted} make it. */
export interface Html {
  readonly markup: string
}

/** What a template takes: text, which is escaped, or markup, which is not. */
export type HtmlPart = string | number | Html | readonly Html[] | undefined

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** A template whose every value is escaped, in text and in quoted attributes alike, unless it is markup already. */
export function html(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  return { markup: strings.map((text, at) => `${text}${markupOf(parts[at])}`).join('') }
}

/** Markup of our own making. */
export function trusted(markup: string): Html {
  return { markup }
}

function markupOf(part: HtmlPart): string {
  if (part === undefined) return ''
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part))
  return 'markup' in part ? part.markup : part.map(({ markup }) => markup).join('')
}

/** Control characters are left out: no browser shows them, and some end a parser's patience. */
function escaped(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '').replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '')
}
