/**
 * The target of the `next` link, as it was written; undefined where there is none.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8288
 */
export function nextLink(header: string): string | undefined {
  for (const [, target, parameters = ''] of header.matchAll(
    /<([^>]*)>((?:\s*;\s*[\w*-]+\s*=\s*(?:"[^"]*"|[^\s",;]*))*)/g,
  )) {
    if (/;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next(?=\s*(?:;|$)))/i.test(parameters)) return target
  }
  return undefined
}
