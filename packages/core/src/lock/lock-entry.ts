import type { AptBase, ConfigPolicy, RootfsBase } from '../definition/declare/base/base-source.js'
import type { Digest } from '../model/digest.js'
import type { Descriptor } from '../model/oci.js'
import { type Platform, platformIdentity } from '../model/platform.js'
import { shownLocation } from '../model/shown-location.js'

interface EntryCommon {
  /** What it is called in `build.ts` or the Dockerfile, whole. */
  readonly name: string
  readonly platform: Platform
}

/** A base pulled from a registry. */
export interface LockedBase extends EntryCommon {
  readonly kind: 'base'
  /** What the name points to: mostly an index. */
  readonly index: Digest
  /** The one image of it that serves the platform. */
  readonly image: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>
  /** The platform that the image's config states; undefined where it states none. */
  readonly states?: Platform
  /** What was done where that is another one. */
  readonly policy: ConfigPolicy
}

/** Another image that a Dockerfile names. */
export interface LockedImage extends EntryCommon {
  readonly kind: 'image'
  readonly index: Digest
  /** What of it decides the build for the platform. */
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

/** What one name means for one platform. */
export type LockEntry = LockedBase | LockedImage | LockedArchive | LockedRootfs

/** The name that an archive is locked under: which packages are taken from it is not the lock's business. */
export function archiveName({ distribution, suite, architecture, components }: AptBase): string {
  return [distribution, suite, architecture, components.join('+')].join('/')
}

/** The name that a root file system is locked under: who reads the lock need not be who may fetch it. */
export function rootfsName({ location }: RootfsBase): string {
  return shownLocation(location)
}

/** What tells entries apart, and sorts them. */
export function entryIdentity({ kind, name, platform }: Pick<LockEntry, 'kind' | 'name' | 'platform'>): string {
  return `${kind} ${name} ${platformIdentity(platform)}`
}

/** What an entry says, as one word that differs where the meaning does. */
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
