import type { ContextEntry } from '../../../context/context-file.js'
import { checkName, checkValue, type NamedCheck } from '../../check-value.js'
import type { InputHash } from '../../input-hash.js'

/** Check value of a file, directory or link of a context; the record has no paths. */
export interface EntryCheck extends NamedCheck {
  /** `f`, `d` or `l` for the kind, and the check value of the last component of the path. */
  readonly name: string
  /** For directories, 4 more bits of the name. */
  readonly content: string
  /** Permission bits as an octal number; empty for links. */
  readonly mode: string
}

const KINDS = { file: 'f', directory: 'd', symlink: 'l' } as const

/** Whether a check value is that of a directory. */
export function isDirectoryCheck({ name }: EntryCheck): boolean {
  return name.startsWith(KINDS.directory)
}

/** The check values of the entries of a context, in the order of the entries. */
export function checkEntries(entries: readonly ContextEntry[], hash: InputHash): readonly EntryCheck[] {
  const make = () => entries.map((entry) => contextEntryCheck(entry, hash))
  return hash.once?.(entries, make) ?? make()
}

/** The check values of the lines of a Dockerfile. */
export function checkLines(text: string, hash: InputHash): readonly string[] {
  return text.split('\n').map((line) => checkValue(line, hash))
}

/**
 * The name without its directories: a directory's name is part of many paths, and check values of many paths would
 * confirm a guess.
 */
function contextEntryCheck(entry: ContextEntry, hash: InputHash): EntryCheck {
  const name = KINDS[entry.kind] + checkName(lastName(entry), hash)
  if (entry.kind === 'directory') {
    return { name, content: checkValue(lastName(entry), hash).slice(0, 1), mode: entry.mode.toString(8) }
  }
  if (entry.kind === 'symlink') {
    return { name, content: checkValue(entry.rawTarget?.toString('hex') ?? entry.target, hash), mode: '' }
  }
  const { digest, link } = entry
  // JSON for digests has no lone surrogates.
  const content = checkValue(link === undefined ? digest : [digest, JSON.stringify(link)], hash)
  return { name, content, mode: entry.mode.toString(8) }
}

function lastName({ path, rawPath }: ContextEntry): string {
  if (rawPath === undefined) return path.slice(path.lastIndexOf('/') + 1)
  return rawPath.subarray(rawPath.lastIndexOf('/') + 1).toString('hex')
}
