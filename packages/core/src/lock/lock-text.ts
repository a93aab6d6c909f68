import { isDigest } from '../model/digest.js'
import { DefinitionError } from '../model/errors.js'
import { LIMITS } from '../model/limits.js'
import { formatPlatform, parsePlatform } from '../model/platform.js'
import { entryIdentity, entryWord, isState, type LockEntry, type LockedSigner } from './lock-entry.js'

/** Version of the form of the lock file. */
const LOCK_VERSION = 1

const HEAD = 'polyarch.lock version '
const EXPLANATION = [
  '# Digests of upstream names: bases and other images of Dockerfiles, one line per name and platform.',
  '# Written by `npx tsx build.ts lock`; `npx tsx build.ts lock --update` resolves the names again.',
]

/** Formats a lock: equal entries give equal text in any order. */
export function formatLock(entries: readonly LockEntry[]): string {
  const lines = entries
    .map((entry) => ({ entry, identity: entryIdentity(entry) }))
    .toSorted((a, b) => (a.identity < b.identity ? -1 : 1))
    .map(({ entry }) => formatEntry(entry))
  return [`${HEAD}${LOCK_VERSION}`, ...EXPLANATION, ...lines, ''].join('\n')
}

function formatEntry(entry: LockEntry): string {
  const fields = Object.entries(fieldsOf(entry)).map(([name, value]) => `${word(name)}=${word(value, /[%=\s]/g)}`)
  return [entryWord(entry), word(entry.name), formatPlatform(entry.platform), ...fields].join(' ')
}

type Fields = Readonly<Record<string, string>>

function fieldsOf(entry: LockEntry): Fields {
  switch (entry.kind) {
    case 'base': {
      const { index, image, states, policy, signer } = entry
      const config = states === undefined ? 'none' : formatPlatform(states)
      return { index, image: image.digest, type: image.mediaType, size: String(image.size), config, policy, ...signer }
    }
    case 'image':
      return { index: entry.index, image: entry.image }
    case 'archive': {
      const { date, ...indexes } = entry.state
      return { ...(date !== undefined && { date }), ...sorted(indexes) }
    }
  }
}

function sorted(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** White space separates fields, so it is escaped within a field. */
function word(text: string, escaped = /[%\s]/g): string {
  return text.replace(escaped, (character) => encodeURIComponent(character))
}

/**
 * Reads the text of a lock.
 *
 * @param file - its path, for messages.
 * @throws DefinitionError LOCK_INVALID if its version is newer, a line cannot be parsed, or two lines contradict each
 * other.
 */
export function parseLock(text: string, file: string): readonly LockEntry[] {
  const [head = '', ...lines] = text.split(/\r?\n/)
  const version = head.startsWith(HEAD) ? Number(head.slice(HEAD.length)) : Number.NaN
  if (version !== LOCK_VERSION) throw unknownVersion(file, version)
  const read = new Map<string, { readonly entry: LockEntry; readonly line: string }>()
  for (const [at, line] of lines.entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const unknown = unknownField(line)
    if (unknown !== undefined) throw unknownFieldError(file, at + 2, unknown)
    const entry = parseEntry(line)
    if (entry === undefined)
      throw unreadable(file, `line ${at + 2} cannot be read: ${line.slice(0, LIMITS.quotedLine)}`)
    const identity = entryIdentity(entry)
    // Equal lines may be the result of a merge.
    if ((read.get(identity)?.line ?? line) !== line) throw contradiction(file, at + 2, entry)
    read.set(identity, { entry, line })
  }
  return [...read.values()].map(({ entry }) => entry)
}

function contradiction(file: string, line: number, { name, platform }: LockEntry): DefinitionError {
  const message = `line ${line} contradicts an earlier line of ${name} for ${formatPlatform(platform)}`
  const hint = 'delete one of them, or both and run `npx tsx build.ts lock`'
  return new DefinitionError([{ path: file, message, hint }], 'LOCK_INVALID')
}

function unknownVersion(file: string, version: number): DefinitionError {
  if (Number.isNaN(version)) return unreadable(file, `it does not begin with '${HEAD}${LOCK_VERSION}'`)
  const message = `its version is ${version}, but this polyarch supports ${LOCK_VERSION}`
  return new DefinitionError([{ path: file, message, hint: 'install a newer @polyarch/core' }], 'LOCK_INVALID')
}

function unknownFieldError(file: string, line: number, field: string): DefinitionError {
  const message = `line ${line} has the unknown field '${field.slice(0, LIMITS.quotedLine)}'`
  const hint = 'install a newer @polyarch/core if one wrote the line; otherwise restore it from version control'
  return new DefinitionError([{ path: file, message, hint }], 'LOCK_INVALID')
}

function unreadable(file: string, message: string): DefinitionError {
  const hint = 'restore it from version control, or delete it and run `npx tsx build.ts lock`'
  return new DefinitionError([{ path: file, message, hint }], 'LOCK_INVALID')
}

const SIGNER_FIELDS = ['fingerprint', 'identity', 'issuer']

/** The fields of lines by their first word; every other line has those of its root file system. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  base: ['index', 'image', 'type', 'size', 'config', 'policy', ...SIGNER_FIELDS],
  image: ['index', 'image'],
}

/** A field that this version does not have: ignoring it would also delete it at the next update. */
function unknownField(line: string): string | undefined {
  const [kind = '', ...rest] = line.split(' ')
  const known = Object.hasOwn(FIELDS, kind) ? FIELDS[kind] : undefined
  return (
    known &&
    rest
      .slice(2)
      .map((field) => split(field)[0])
      .find((name) => !known.includes(name))
  )
}

function parseEntry(line: string): LockEntry | undefined {
  const [words, rest] = [line.split(' ', 3), line.split(' ').slice(3)]
  const [kind, name, platformText] = words.map(decodeWord)
  const platform = parsePlatform(platformText ?? '')
  if (!name || platform === undefined) return undefined
  const fields = new Map(rest.map((field) => split(field)))
  if (fields.size !== rest.length) return undefined
  return parseKind(kind ?? '', { name, platform }, fields)
}

function decodeWord(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

/** Paths of package indexes may contain any character except the separator. */
function split(field: string): readonly [string, string] {
  const at = field.lastIndexOf('=')
  return [decodeWord(field.slice(0, at)), decodeWord(field.slice(at + 1))]
}

function parseKind(
  kind: string,
  common: Pick<LockEntry, 'name' | 'platform'>,
  fields: ReadonlyMap<string, string>,
): LockEntry | undefined {
  const field = (name: string) => fields.get(name) ?? ''
  const [index, image, size] = [field('index'), field('image'), Number(field('size'))]
  const areDigests = isDigest(index) && isDigest(image)
  switch (kind) {
    case 'base': {
      const [policy, states] = [policyOf(field('policy')), parsePlatform(field('config'))]
      if (!areDigests || !(Number.isSafeInteger(size) && size > 0) || policy === undefined || states === undefined)
        return undefined
      const descriptor = { mediaType: field('type'), digest: image, size }
      const stated = field('config') === 'none' ? {} : { states }
      const signer = signerOf(field)
      if (signer === undefined && SIGNER_FIELDS.some((name) => fields.has(name))) return undefined
      return { kind, ...common, index, image: descriptor, ...stated, policy, ...(signer && { signer }) }
    }
    case 'image':
      return areDigests ? { kind, ...common, index, image } : undefined
    default: {
      const state = Object.fromEntries(fields)
      return /^[a-z][a-z0-9-]*$/.test(kind) && isState(state)
        ? { kind: 'archive', by: kind, ...common, state }
        : undefined
    }
  }
}

function policyOf(text: string) {
  return (['require-match', 'trust-declared', 'fix-config'] as const).find((policy) => policy === text)
}

/** Lines of previous versions have no signer. */
function signerOf(field: (name: string) => string): LockedSigner | undefined {
  const [fingerprint, identity, issuer] = [field('fingerprint'), field('identity'), field('issuer')]
  if (isDigest(fingerprint)) return { fingerprint }
  return identity && issuer ? { identity, issuer } : undefined
}
