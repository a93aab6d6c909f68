import { parse } from 'yaml'

/** A root file system archive that a list of releases names. */
export interface ListedArchive {
  readonly file: string
  /** Hex sha256 of the file. */
  readonly sha256: string
  /** Seconds since the epoch. */
  readonly date: number
}

/** A file name without a path. */
const FILE = /^alpine-minirootfs-[\w.]+-\w+\.tar\.gz$/

/**
 * Returns the root file system archive that `latest-releases.yaml` names; undefined if the text is not such a list, or
 * names no archive with a checksum and a date.
 */
export function listedArchive(text: string): ListedArchive | undefined {
  const list = parsed(text)
  if (!Array.isArray(list)) return undefined
  for (const entry of list as readonly unknown[]) {
    const { flavor, file, sha256, date, time } = Object(entry) as Readonly<Record<string, unknown>>
    const seconds = Date.parse(`${String(date)}T${String(time)}Z`) / 1000
    if (flavor !== 'alpine-minirootfs' || typeof file !== 'string' || !FILE.test(file)) continue
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256) || !Number.isSafeInteger(seconds)) continue
    return { file, sha256, date: seconds }
  }
  return undefined
}

/** What may nest values deeply: many indicators in a row, a deep indentation. The list has a map in a list. */
const DEEP = /(?:[-?:][ \t]+){9}|^[ \t]{99}/m

/** Most opening brackets of the list, which has none. */
const MAX_BRACKETS = 99

function parsed(text: string): unknown {
  // The parser visits values by recursion, and V8 may end the whole process on a stack that is full.
  if (DEEP.test(text) || text.split(/[[{]/).length - 1 > MAX_BRACKETS) return undefined
  try {
    // Without types, a checksum of digits stays a text. Warnings would print the text of the list.
    return parse(text, { schema: 'failsafe', maxAliasCount: 0, logLevel: 'error' })
  } catch {
    return undefined
  }
}
