/** A URL that a server sent, with its path and query as they were written. */
export interface WrittenUrl {
  readonly url: URL
  /** To be sent as it is: registries sign their state, and another spelling of the same URL need not be accepted. */
  readonly path: string
}

/** Scheme and host, with the backslashes that a URL takes for slashes. */
const ORIGIN = /^(?:[a-z][a-z0-9+.-]*:)?[\\/]{2}[^\\/?#]*/i
/** Characters that are valid in the request line. */
const SENDABLE = /^[\x21-\xff]*$/

/**
 * Reads a `Location`.
 *
 * @param base - The URL whose answer has it.
 * @returns undefined if it is no URL.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.2
 */
export function parseLocation(location: string, base: URL): WrittenUrl | undefined {
  if (!URL.canParse(location, base.href)) return undefined
  const url = new URL(location, base)
  const written = location.replace(ORIGIN, '').split('#', 1)[0] ?? ''
  // A path that is relative to that of the request has to be put together.
  const isWhole = written.startsWith('/') && SENDABLE.test(written)
  return { url, path: isWhole ? written : url.pathname + url.search }
}

/** The same URL with one more parameter, which is added as text. */
export function withParameter({ url, path }: WrittenUrl, name: string, value: string): WrittenUrl {
  const separator = path.includes('?') ? '&' : '?'
  return { url, path: `${path}${separator}${name}=${encodeURIComponent(value)}` }
}
