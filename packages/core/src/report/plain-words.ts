import { stripVTControlCharacters } from 'node:util'

/** Foreign text without what a terminal would obey: escape sequences and control characters, save line ends and tabs. */
export function withoutControls(text: string): string {
  return stripVTControlCharacters(text.replaceAll('\r\n', '\n')).replace(/[^\P{Cc}\n\t]/gu, '')
}

/** Foreign text as one line. */
export function oneLine(text: string): string {
  return withoutControls(text).replace(/\s+/g, ' ').trim()
}
