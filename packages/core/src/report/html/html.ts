import { escapeHtml } from '../escape.js'

/** Markup that is safe to put into a page as it is. Only {@link html} and {@link trusted} make it. */
export type Html = Markup

/** A class, so that data which was read from a file and has a `markup` of its own is not markup. */
class Markup {
  readonly markup: string

  constructor(markup: string) {
    this.markup = markup
  }
}

/** Value in a template: text, which is escaped, or markup, which is not. */
export type HtmlPart = string | number | Html | readonly Html[] | undefined

/** A template whose every value is escaped, in text and in quoted attributes alike, unless it is markup already. */
export function html(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  return new Markup(strings.map((text, at) => `${text}${markupOf(parts[at])}`).join(''))
}

/** Markup of our own making. */
export function trusted(markup: string): Html {
  return new Markup(markup)
}

function markupOf(part: HtmlPart): string {
  if (part === undefined) return ''
  if (part instanceof Markup) return part.markup
  return Array.isArray(part) ? part.map(markupOf).join('') : escapeHtml(String(part))
}
