import { createLock } from '../../lock/lock.js'
import { entryIdentity, entryMeaning, entryWord, type LockEntry } from '../../lock/lock-entry.js'
import { lockPath, readLockFile, writeLockFile } from '../../lock/lock-file.js'
import { DefinitionError, throwIfCancelled } from '../../model/errors.js'
import { formatPlatform } from '../../model/platform.js'
import { formatReference, parseReference, withDefaultTag } from '../../model/reference.js'
import { resolveAll } from '../../plan/evaluate.js'
import { LOCK_OPTIONS, splitArguments } from '../option-names.js'
import type { LockOptions, PipelinesAndOptions } from '../options.js'
import { withRunSession } from './run-session.js'

/** A change of one line of the lock. */
export interface LockChange {
  readonly change: 'added' | 'moved' | 'removed'
  /** `base`, `image`, or the kind of root file system: `apt`, `rootfs`, or a plugin's own. */
  readonly kind: string
  readonly name: string
  /** `linux/arm/v7`. */
  readonly platform: string
  /** The previous value: a digest or, for a package archive, its date. */
  readonly from?: string
  readonly to?: string
}

/** Result of {@link lock}. */
export interface LockResult {
  /** Path of the file. */
  readonly file: string
  /** Number of locked names; each platform counts. */
  readonly entries: number
  readonly changes: readonly LockChange[]
}

/** Writes the lock file of pipelines. */
export async function lock(...given: PipelinesAndOptions<LockOptions>): Promise<LockResult> {
  const { pipelines, options } = splitArguments('lock', given, LOCK_OPTIONS)
  throwIfCancelled(options.signal)
  const file = lockPath(options.directory)
  const before = (await readLockFile(file)) ?? []
  const kept = entriesToKeep(before, options.update ?? false)
  const chosen = createLock({ entries: kept, frozen: false })
  const callOf = () => ({ signal: options.signal })
  await withRunSession(pipelines, options, ({ graph, services }) => resolveAll({ graph, callOf }, services), chosen)
  const after = chosen.used()
  await writeLockFile(file, after)
  return { file, entries: after.length, changes: changesBetween(before, after) }
}

function entriesToKeep(entries: readonly LockEntry[], update: boolean | readonly string[]): readonly LockEntry[] {
  if (typeof update === 'boolean') return update ? [] : entries
  const isLocked = (name: string) => entries.some((entry) => entry.name === name)
  const names = new Set(update.map((written) => (isLocked(written) ? written : fullName(written))))
  for (const [at, name] of [...names].entries()) {
    if (isLocked(name)) continue
    const has = [...new Set(entries.map((entry) => entry.name))].join(', ')
    const message = `'${update[at]}' is not in the lock`
    const hint = has === '' ? 'create the lock first: npx tsx build.ts lock' : `it has ${has}`
    throw new DefinitionError([{ path: 'lock --update', message, hint }], 'USAGE')
  }
  return entries.filter(({ name }) => !names.has(name))
}

/** Image names may be in short form. */
function fullName(written: string): string {
  const reference = /^[a-z]+:\/\//.test(written) ? undefined : parseReference(written)
  return reference === undefined ? written : formatReference(withDefaultTag(reference))
}

function changesBetween(before: readonly LockEntry[], after: readonly LockEntry[]): readonly LockChange[] {
  const [old, now] = [before, after].map((entries) => new Map(entries.map((entry) => [entryIdentity(entry), entry])))
  const identities = [...new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])].sort()
  return identities.flatMap((identity) => changeOf(old?.get(identity), now?.get(identity)))
}

function changeOf(old: LockEntry | undefined, now: LockEntry | undefined): readonly LockChange[] {
  const entry = now ?? old
  const [from, to] = [old && entryMeaning(old), now && entryMeaning(now)]
  if (entry === undefined || from === to) return []
  const change = from === undefined ? 'added' : to === undefined ? 'removed' : 'moved'
  const { name, platform } = entry
  const meanings = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
  return [{ change, kind: entryWord(entry), name, platform: formatPlatform(platform), ...meanings }]
}
