import type { MadeBase } from '../definition/plugin/base-source.js'
import type { ArchiveState, RootfsCall } from '../definition/plugin/rootfs-kind.js'
import type { Digest } from '../model/digest.js'
import type { BlobSource } from '../registry/port.js'

/** Everything that determines a root file system's content. */
export interface ResolvedRootfs {
  readonly base: MadeBase
  /** The current state of the archive, the locked one, or the one that the source determines. */
  readonly state: ArchiveState
  /**
   * The mirror in use; undefined if no request was necessary. As a location, it is not part of {@link
   * ResolvedRootfs.inputs}.
   */
  readonly mirror?: string
  /** Date of the config and latest time of files, in seconds since the epoch. */
  readonly epoch: number
  /** Inputs of the key: suite, architecture, packages, hashes of the package indexes; or the archive's sha256. */
  readonly inputs: Readonly<Record<string, unknown>>
}

/** One layer, compressed, on disk. */
export interface RootfsLayer {
  readonly blob: BlobSource
  readonly mediaType: string
  /** Digest of the uncompressed tar. */
  readonly diffId: Digest
}

/** Options of a call; the environment and the cache are the maker's. */
export type MakerCall = Omit<RootfsCall, 'env' | 'packageCache'>

/** Makes bases that are not pulled. Methods throw HostError, and CancelledError once the signal has fired. */
export interface RootfsMaker {
  /**
   * Reads only.
   *
   * @param locked - the locked state of an archive; then the archive and this machine are checked only if something is
   * made
   * @throws TOOL_MISSING, DOWNLOAD_FAILED, DEFINITION_INVALID if no mirror is known
   */
  resolve(base: MadeBase, call?: MakerCall, locked?: ArchiveState): Promise<ResolvedRootfs>
  /**
   * Reads only: the current state of an archive, whatever the lock says; undefined if the source determines the state.
   *
   * @throws DOWNLOAD_FAILED, DEFINITION_INVALID if no mirror is known
   */
  current(base: MadeBase, call?: MakerCall): Promise<ArchiveState | undefined>
  /** Makes the layer, or takes it from the cache. @throws ROOTFS_FAILED, LOCK_OUTDATED, TOOL_MISSING, DOWNLOAD_FAILED, DIGEST_MISMATCH */
  make(resolved: ResolvedRootfs, call?: MakerCall): Promise<RootfsLayer>
}
