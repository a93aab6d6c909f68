import type { MadeBase } from '../definition/declare/base/base-source.js'
import type { Digest } from '../model/digest.js'
import type { RootfsEvent } from '../model/run/events.js'
import type { BlobSource } from '../registry/port.js'
import type { ReleaseFacts } from './apt/release-file.js'

/** Options of every call. */
export interface RootfsCall {
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: ((event: RootfsEvent) => void) | undefined
}

/** All that decides a root file system's content, found by reads alone. JSON-able: it goes into the node's key. */
export interface ResolvedRootfs {
  readonly source: MadeBase
  /** For apt: what the archive says of itself, or the lock says of it. */
  readonly facts?: ReleaseFacts
  /**
   * For apt: the mirror in use; undefined if the lock made the request unnecessary. It is a location, so not a part of
   * {@link ResolvedRootfs.inputs}.
   */
  readonly mirror?: string
  /** Seconds since the epoch that files are clamped to and the config is dated with. */
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

/** Makes bases that are not pulled. Methods throw HostError, and CancelledError once the signal has fired. */
export interface RootfsMaker {
  /**
   * Reads only.
   *
   * @param locked - the locked state of an archive; then neither the archive nor this machine is checked before
   * something is made.
   * @throws TOOL_MISSING, DOWNLOAD_FAILED, DEFINITION_INVALID if no mirror is known
   */
  resolve(source: MadeBase, call?: RootfsCall, locked?: ReleaseFacts): Promise<ResolvedRootfs>
  /**
   * Reads only: what a package archive is today, whatever the lock says; undefined for what cannot become another.
   *
   * @throws DOWNLOAD_FAILED, DEFINITION_INVALID where no mirror is known
   */
  current(source: MadeBase, call?: RootfsCall): Promise<ReleaseFacts | undefined>
  /** Makes the layer, or takes it from the cache. @throws ROOTFS_FAILED, LOCK_OUTDATED, TOOL_MISSING, DOWNLOAD_FAILED, DIGEST_MISMATCH */
  make(resolved: ResolvedRootfs, call?: RootfsCall): Promise<RootfsLayer>
}
