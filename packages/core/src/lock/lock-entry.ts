import type { AptBase, ConfigPolicy, RootfsBase } from '../definition/declare/base/base-source.js'
import type { Digest } from '../model/digest.js'
import type { Descriptor } from '../model/oci.js'
import { type Platform, platformIdentity } from '../model/platform.js'
import { shownLocation } from '../model/shown-location.js'

interface EntryCommon {
  /** Its full name in `build.ts` or the Dockerfile. */
  readonly name: string
  readonly platform: Platform
}

/** A base pulled from a registry. */
export interface LockedBase extends EntryCommon {
  readonly kind: 'base'
  /** The digest that the name points to, mostly of an index. */
  readonly index: Digest
  /** The one image of it that serves the platform. */
  readonly image: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>
  /** The platform that the image's config states; undefined where it states none. */
  readonly states?: Platform
  /** The policy that applied to a mismatch. */
  readonly policy: ConfigPolicy
}

/** Another image that a Dockerfile names. */
export interface LockedImage extends EntryCommon {
  readonly kind: 'image'
  readonly index: Digest
  /** Digest of the image that the build for the platform uses. */
  readonly image: Digest
}

/** The package archive that a base is made from. */
export interface LockedArchive extends EntryCommon {
  readonly kind: 'apt'
  /** Seconds since the epoch. */
  readonly date: number
  /** sha256 of each used package index, by its path under the suite. */
  readonly indexes: Readonly<Record<string, string>>
}

/** A published root file system archive. */
export interface LockedRootfs extends EntryCommon {
  readonly kind: 'rootfs'
  readonly sha256: string
}

/** The locked value of one name for one platform. */
export type LockEntry = LockedBase | LockedImage | LockedArchive | LockedRootfs

/** The name that an archive is locked under: which packages are taken from it is not the lock's business. */
export function archiveName({ distribution, suite, architecture, components }: AptBase): string {
  return [distribution, suite, architecture, components.join('+')].join('/')
}

/** The name under which a root file system is locked, without credentials: a lock has more readers than the archive. */
export function rootfsName({ location }: RootfsBase): string {
  return shownLocation(location)
}

/** Identity of an entry, by which entries are sorted. */
export function entryIdentity({ kind, name, platform }: Pick<LockEntry, 'kind' | 'name' | 'platform'>): string {
  return `${kind} ${name} ${platformIdentity(platform)}`
}

/** The value of an entry as one string, for comparison. */
export function entryMeaning(entry: LockEntry): string {
  switch (entry.kind) {
    case 'base':
      return entry.image.digest
    case 'image':
      return entry.image
    case 'rootfs':
      return `sha256:${entry.sha256}`
    case 'apt':
      return new Date(entry.date * 1000).toISOString()
  }
}
