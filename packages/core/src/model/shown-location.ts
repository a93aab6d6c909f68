/** A URL as it may be shown: query strings hold upload states and signatures, user information holds passwords. */
export function redactUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`
}

/** The place of a file, a path or an http(s) URL, as it may be shown. */
export function shownLocation(location: string): string {
  return /^https?:/i.test(location) && URL.canParse(location) ? redactUrl(new URL(location)) : location
}
