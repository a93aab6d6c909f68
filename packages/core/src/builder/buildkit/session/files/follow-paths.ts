import type { Metadata } from '@grpc/grpc-js'

const KEY = 'followpaths'

/** Node's separator for repeated headers. */
const SEPARATOR = ', '

/** Highest number of separators within a path. */
const MAX_SEPARATORS = 15

/**
 * The paths that BuildKit requests; empty for all.
 * Node.js joins repeated headers with a comma, so a path that contains a comma and a space is ambiguous. The result has
 * both readings: it selects more than needed and never less. If one path is not ASCII, BuildKit escapes all of them.
 *
 * @see https://github.com/moby/buildkit/blob/v0.25.0/session/filesync/filesync.go
 */
export function followPathsOf(metadata: Metadata): readonly string[] {
  const values = metadata.get(KEY).map(String)
  const isEscaped = metadata.get(`${KEY}-encoded`)[0] === '1'
  if (isEscaped) return values.flatMap((value) => value.split(SEPARATOR)).map(unescaped)
  return [...new Set(values.flatMap((value) => readings(value.split(SEPARATOR))))]
}

function unescaped(value: string): string {
  return decodeURIComponent(value.replaceAll('+', ' '))
}

/** The parts, and every sequence of parts as one path. */
function readings(parts: readonly string[]): readonly string[] {
  return parts.flatMap((_, start) => {
    const ends = parts.slice(start, start + MAX_SEPARATORS + 1)
    return ends.map((_part, length) => ends.slice(0, length + 1).join(SEPARATOR))
  })
}
