/** A range of bytes, both ends inclusive. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

/**
 * Parses a `Range` header for content of a size in bytes.
 * Anything but a single byte range is ignored, as the RFC allows: several ranges would need a multipart response, which
 * no container client requests.
 *
 * @returns undefined if the whole content must be sent.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-14.2
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=[ \t]*(?:(\d+)-(\d*)|-(\d+))[ \t]*$/i.exec(header ?? '')
  if (match === null) return undefined
  const [, from, to, suffix] = match
  const first = suffix === undefined ? Number(from) : Math.max(0, size - Number(suffix))
  const end = to ? Number(to) : Number.POSITIVE_INFINITY
  if (end < first && to) return undefined
  return first < size ? { first, last: Math.min(end, size - 1) } : 'unsatisfiable'
}

/**
 * Reads the `Content-Range` of a chunk that is pushed: `0-1023`, without a unit, as the distribution specification has
 * it, or with one, as some clients send it.
 *
 * @returns undefined if it has no such shape.
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pushing-a-blob-in-chunks
 */
export function parseContentRange(header: string): ByteRange | undefined {
  const match = /^(?:bytes[ =])?(\d+)-(\d+)(?:\/(?:\d+|\*))?$/.exec(header)
  if (match === null) return undefined
  const [first, last] = [Number(match[1]), Number(match[2])]
  return first <= last ? { first, last } : undefined
}
