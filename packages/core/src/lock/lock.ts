import { isDeepStrictEqual } from 'node:util'
import { codeOrFlag, DefinitionError } from '../model/errors.js'
import { formatPlatform, type Platform } from '../model/platform.js'
import {
  type EntryQuery,
  entryIdentity,
  formatLockedSigner,
  type LockEntry,
  type LockedArchive,
  type LockedBase,
  type LockedSigner,
} from './lock-entry.js'

/** The name of the lock file. */
export const LOCK_FILE = 'polyarch.lock'

type EntryOf<Kind extends LockEntry['kind']> = Extract<LockEntry, { readonly kind: Kind }>

/** Digests of names in one run: the locked ones, or those that the caller resolves and records. */
export interface Lock {
  /** @throws DefinitionError LOCK_INCOMPLETE if it is frozen and has no such entry. */
  find<Kind extends 'base' | 'image'>(kind: Kind, name: string, platform: Platform): EntryOf<Kind> | undefined
  /** Finds the state of an archive, by the kind of root file system. */
  findArchive(by: string, name: string, platform: Platform): LockedArchive | undefined
  /**
   * Compares the signer of a locked base with the one that was verified; a line without one gets it.
   *
   * @param signer - undefined if the base requires none
   * @throws DefinitionError LOCK_INVALID if they differ and the lock is frozen.
   */
  checkSigner(entry: LockedBase, signer: LockedSigner | undefined): void
  /** Records a resolved name. */
  record(entry: LockEntry): void
  /** All entries that were requested, locked and recorded. */
  used(): readonly LockEntry[]
  /** Entries that were requested and are locked. */
  locked(): readonly LockEntry[]
  /** Notes on names that were requested and are not locked, if a lock exists. */
  notes(): readonly string[]
}

/** Options of a lock. */
export interface LockUse {
  /** Undefined if there is no lock file. */
  readonly entries: readonly LockEntry[] | undefined
  /** Whether every name must be in it. */
  readonly frozen: boolean
}

/** Creates a lock from the locked entries. */
export function createLock({ entries, frozen }: LockUse): Lock {
  const known = new Map((entries ?? []).map((entry) => [entryIdentity(entry), entry]))
  const used = new Map<string, LockEntry>()
  const missing = new Map<string, EntryQuery>()
  const otherSigners = new Set<string>()
  const find = (query: EntryQuery) => {
    const { name, platform } = query
    const identity = entryIdentity(query)
    const entry = known.get(identity)
    if (entry !== undefined) used.set(identity, entry)
    else if (frozen) throw incomplete(name, platform, entries !== undefined)
    else missing.set(identity, query)
    return entry
  }
  return {
    find: <Kind extends 'base' | 'image'>(kind: Kind, name: string, platform: Platform) =>
      find({ kind, name, platform }) as EntryOf<Kind> | undefined,
    findArchive: (by, name, platform) => find({ kind: 'archive', by, name, platform }) as LockedArchive | undefined,
    checkSigner(entry, signer) {
      const { signer: locked } = entry
      if (locked === undefined && signer !== undefined) used.set(entryIdentity(entry), { ...entry, signer })
      if (locked === undefined || isDeepStrictEqual(locked, signer)) return
      if (frozen) throw otherSigner(entry, locked, signer)
      otherSigners.add(`${otherSignerOf(entry, locked, signer)}: run \`${updateOf(entry)}\``)
    },
    record: (entry) => void used.set(entryIdentity(entry), entry),
    used: () => [...used.values()],
    locked: () => [...used].filter(([identity]) => known.has(identity)).map(([, entry]) => entry),
    notes: () =>
      entries === undefined
        ? []
        : [
            ...[...missing.values()].map(
              ({ name, platform }) =>
                `${name} for ${formatPlatform(platform)} is not in ${LOCK_FILE}: run \`npx tsx build.ts lock\``,
            ),
            ...otherSigners,
          ],
  }
}

function incomplete(name: string, platform: Platform, isThere: boolean): DefinitionError {
  const message = `${isThere ? 'it does not have' : 'there is none, and so not'} ${name} for ${formatPlatform(platform)}`
  const hint = `run \`npx tsx build.ts lock\` and commit the file, or resolve it now: ${codeOrFlag('frozen: false', '--no-frozen')}`
  return new DefinitionError([{ path: LOCK_FILE, message, hint }], 'LOCK_INCOMPLETE')
}

function otherSigner(entry: LockedBase, locked: LockedSigner, signer: LockedSigner | undefined): DefinitionError {
  const hint = `check the new signer, and run \`${updateOf(entry)}\``
  return new DefinitionError([{ path: LOCK_FILE, message: otherSignerOf(entry, locked, signer), hint }], 'LOCK_INVALID')
}

function otherSignerOf({ name, platform }: LockedBase, locked: LockedSigner, signer: LockedSigner | undefined): string {
  const required =
    signer === undefined ? 'its base requires no signer' : `its base requires ${formatLockedSigner(signer)}`
  const line = `the line of ${name} for ${formatPlatform(platform)} has the signer ${formatLockedSigner(locked)}`
  return `${line}, but ${required}`
}

function updateOf({ name }: LockedBase): string {
  return `npx tsx build.ts lock --update ${name}`
}
