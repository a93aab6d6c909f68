/** A URL of a server, with its path and query unchanged. */
export interface WrittenUrl {
  readonly url: URL
  /** Sent unchanged: registries sign their state, and may reject another spelling of the same URL. */
  readonly path: string
}

/** Scheme and host; a URL treats backslashes as slashes. */
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
  // A relative path is resolved against the request's.
  const isWhole = written.startsWith('/') && SENDABLE.test(written)
  return { url, path: isWhole ? written : url.pathname + url.search }
}

/** The same URL with one more parameter, which is added as text. */
export function withParameter({ url, path }: WrittenUrl, name: string, value: string): WrittenUrl {
  const separator = path.includes('?') ? '&' : '?'
  return { url, path: `${path}${separator}${name}=${encodeURIComponent(value)}` }
}
