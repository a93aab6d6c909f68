/** The first and last byte of a range of a blob, both inclusive. */
export interface ByteRange {
  readonly first: number
  readonly last: number
  /** The size of the whole blob, if the response states it. */
  readonly total?: number
}

/** Longest accepted header, in characters. */
const MAX_LENGTH = 64

/**
 * Reads `Content-Range: bytes 0-99/1000`, as downloads have it, and `0-99`, as uploads have it in `Range`.
 *
 * @returns undefined if it is not a range of bytes.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-14.4
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pushing-a-blob-in-chunks
 */
export function parseByteRange(header: string | undefined): ByteRange | undefined {
  if ((header?.length ?? 0) > MAX_LENGTH) return undefined
  const match = /^(?:bytes[ =] *)?(\d{1,15})-(\d{1,15})(?:\/(?:(\d{1,15})|\*))?$/.exec(header?.trim() ?? '')
  if (match === null) return undefined
  const [first, last, total] = [
    Number(match[1]),
    Number(match[2]),
    match[3] === undefined ? undefined : Number(match[3]),
  ]
  if (first > last || (total !== undefined && last >= total)) return undefined
  return { first, last, ...(total !== undefined && { total }) }
}

/** The `Content-Range` of an upload's chunk. */
export function formatByteRange({ first, last }: Pick<ByteRange, 'first' | 'last'>): string {
  return `${first}-${last}`
}

/**
 * The number of uploaded bytes, from the `Range` of a response.
 *
 * @returns undefined if it is ambiguous: registries write `0-0` for no byte and for one byte
 */
export function uploadedBytes(range: string | undefined): number | undefined {
  const parsed = parseByteRange(range)
  return parsed === undefined || parsed.first !== 0 || parsed.last === 0 ? undefined : parsed.last + 1
}
