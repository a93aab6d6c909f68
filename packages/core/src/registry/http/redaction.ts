export { redactUrl } from '../../model/shown-location.js'

const MAX_QUOTE = 300

/**
 * Prepares a server's text for quoting in one line: no control characters, limited length, secrets redacted.
 *
 * @param secrets - secrets that were sent to it, which it may repeat
 */
export function quoteServer(text: string, secrets: readonly string[] = []): string {
  const known = secrets.reduce((left, secret) => left.replaceAll(secret, '[redacted]'), text)
  const line = redactText(known.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')).trim()
  return line.length > MAX_QUOTE ? `${line.slice(0, MAX_QUOTE)}…` : line
}

/** Text of a server or a program without the tokens, and the users, passwords and query values of URLs in it. */
export function redactText(text: string): string {
  return (
    text
      .replace(/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]+/gi, '$1 [redacted]')
      .replace(/(:\/\/)[^/\s@]+@/g, '$1')
      // No `?` in the name: a text of question marks would take quadratic time.
      .replace(/([?&][^=\s&?]+=)[^&\s]+/g, '$1[redacted]')
  )
}
