import type { ConfigPolicy } from '../definition/plugin/base-source.js'
import type { ArchiveState } from '../definition/plugin/rootfs-kind.js'
import type { Digest } from '../model/digest.js'
import { LIMITS } from '../model/limits.js'
import type { Descriptor } from '../model/oci.js'
import { type Platform, platformIdentity } from '../model/platform.js'

interface EntryCommon {
  /** Its full name in `build.ts` or the Dockerfile. */
  readonly name: string
  readonly platform: Platform
}

/** A base pulled from a registry. */
export interface LockedBase extends EntryCommon {
  readonly kind: 'base'
  /** The digest that the name points to, usually of an index. */
  readonly index: Digest
  /** The image for the platform. */
  readonly image: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>
  /** The platform that the image's config states; undefined if it states none. */
  readonly states?: Platform
  /** The policy that applied to a mismatch. */
  readonly policy: ConfigPolicy
  /** The signer that was verified, if the base requires one. */
  readonly signer?: LockedSigner
}

/** The signer of a base: a key by its fingerprint, or an identity. */
export type LockedSigner = LockedKey | LockedIdentity

/** The owner of a key. */
export interface LockedKey {
  /** The sha256 of the public key in DER. */
  readonly fingerprint: Digest
}

/** Who a certificate of sigstore was issued for. */
export interface LockedIdentity {
  readonly identity: string
  readonly issuer: string
}

/** A signer in messages. */
export function formatLockedSigner(signer: LockedSigner): string {
  return 'fingerprint' in signer ? `the key ${signer.fingerprint}` : `${signer.identity} of ${signer.issuer}`
}

/** Another image that a Dockerfile names. */
export interface LockedImage extends EntryCommon {
  readonly kind: 'image'
  readonly index: Digest
  /** Digest of the image that the build for the platform uses. */
  readonly image: Digest
}

/** The state of an archive from which a base is made. */
export interface LockedArchive extends EntryCommon {
  readonly kind: 'archive'
  /** Name of the kind of root file system, which is the first word of the line: `apt`. */
  readonly by: string
  readonly state: ArchiveState
}

/** The locked value of one name for one platform. */
export type LockEntry = LockedBase | LockedImage | LockedArchive

/** The fields that identify an entry. */
export type EntryQuery = Pick<LockEntry, 'kind' | 'name' | 'platform'> & Partial<Pick<LockedArchive, 'by'>>

/** The first word of an entry's line: the kind of root file system, for an archive. */
export function entryWord({ kind, by }: Pick<EntryQuery, 'kind' | 'by'>): string {
  return by ?? kind
}

/** Identity of an entry, by which entries are sorted. */
export function entryIdentity(entry: EntryQuery): string {
  return `${entryWord(entry)} ${entry.name} ${platformIdentity(entry.platform)}`
}

/** The value of an entry as one string, for comparison. */
export function entryMeaning(entry: LockEntry): string {
  switch (entry.kind) {
    case 'base': {
      const { image, signer } = entry
      return signer === undefined ? image.digest : `${image.digest} signed by ${formatLockedSigner(signer)}`
    }
    case 'image':
      return entry.image
    case 'archive':
      return stateText(entry.state)
  }
}

/** The state of an archive as one short text: its date, or the hash of its only file. */
export function stateText({ date, sha256 }: ArchiveState): string {
  return date === undefined ? `sha256:${sha256}` : new Date(Number(date) * 1000).toISOString()
}

/** Whether a state, which may come from an edited lock, is complete. */
export function isState({ date, ...hashes }: ArchiveState): boolean {
  const isDated = date !== undefined && /^\d+$/.test(date) && Number(date) <= LIMITS.date
  const isOneFile = date === undefined && Object.keys(hashes).join() === 'sha256'
  return (isDated || isOneFile) && Object.values(hashes).every((hash) => /^[a-f0-9]{64}$/.test(hash))
}
