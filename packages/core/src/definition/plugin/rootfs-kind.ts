import type { Readable } from 'node:stream'
import type { Environment } from '../../host/environment.js'
import type { RootfsEvent } from '../../model/run/events.js'

/**
 * The state of an archive, as texts by name. It consists of `date`, seconds since the epoch, and of the hex sha256 of
 * each used index by its path; or of `sha256` alone, if the archive is one file.
 */
export type ArchiveState = Readonly<Record<string, string>>

/** A program on this machine that makes root file systems. */
export interface RootfsTool {
  /** Its name on the PATH. */
  readonly program: string
  /** Programs of which one serves as well: `dnf5` for `dnf`. */
  readonly alternatives?: readonly string[]
  /** The package of Debian and Ubuntu that has it. */
  readonly package: string
  /** Whether it is required only for users other than root. */
  readonly rootless?: boolean
}

/** Options of every call that makes or checks root file systems. */
export interface RootfsCall {
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: ((event: RootfsEvent) => void) | undefined
  /** Environment variables of the run: for programs, and for the folders in which they are found. */
  readonly env: Environment
  /**
   * Folder of package files, named by their hex sha256, that all runs of this user share; it may not exist yet. A kind
   * verifies what it takes. Passed to `make` only.
   */
  readonly packageCache?: string | undefined
}

/** One state of an archive, and the mirror that it was read from. */
export interface FoundArchive {
  readonly state: ArchiveState
  /** Base URL. */
  readonly mirror: string
}

/** The state of an archive from which a root file system is made. */
export interface UsedArchive extends FoundArchive {
  /** The date of the state: no file may have a later time. 0 if the state has no date. */
  readonly epoch: number
}

/** Whether the published content matches the declared source. */
export interface PublishedVerdict {
  /** `unknown`: it could not be reached, or a pipeline makes it; `wrong`: it does not exist, or differs. */
  readonly state: 'true' | 'wrong' | 'unknown'
  /** The actual state, if the declaration is wrong. */
  readonly message?: string
}

/** The part of a kind that performs I/O; loaded when it is first used. Methods throw HostError and CancelledError. */
export interface RootfsImplementation<Source> {
  /**
   * Checks whether this machine can make the root file system: tools, keys. Emulation is checked by the core.
   *
   * @throws TOOL_MISSING, DEFINITION_INVALID
   */
  prepare?(source: Source, call: RootfsCall): Promise<void>
  /**
   * Reads the current state of the archive. A kind with a pinned state needs no such method.
   *
   * @throws DOWNLOAD_FAILED, DEFINITION_INVALID if no mirror is known
   */
  read?(source: Source, call: RootfsCall): Promise<FoundArchive>
  /**
   * Makes the root file system and passes it to `store` as a tar. Equal states must give equal bytes on every machine.
   *
   * @throws ROOTFS_FAILED, DOWNLOAD_FAILED, DIGEST_MISMATCH
   */
  make<Result>(
    source: Source,
    archive: UsedArchive,
    call: RootfsCall,
    store: (tar: Readable) => Promise<Result>,
  ): Promise<Result>
  /** Compares the declared source with the published content, for `checkPublished`. */
  checkPublished(source: Source, call: RootfsCall): Promise<PublishedVerdict>
}

/**
 * A kind of base that is made on this machine: everything that is specific to it. All members except `load` are pure.
 *
 * @example
 * ```ts
 * source: ({ options }) => ({ kind: 'made', by: apk, source: { branch: options.release, architecture: 'x86_64' } })
 * ```
 */
export interface RootfsKind<Source extends object = object, Name extends string = string> {
  /** Identifies the kind in `polyarch.lock`: lower-case letters, digits and dashes. */
  readonly name: Name
  /** Programs that it requires on this machine, for `doctor`. */
  readonly tools: readonly RootfsTool[]
  /** Returns the issues of a source, which may be written without types. */
  issues(source: Readonly<Record<string, unknown>>): readonly string[]
  /** Returns the source in the user's terms, for plans and reports: `debian bookworm arm64 (packages)`. */
  describe(source: Source): string
  /**
   * Returns the architecture of the programs that run while it is made, as platforms name it (`arm`, not `armhf`);
   * undefined if none run.
   */
  architecture(source: Source): string | undefined
  /** Returns the name under which the state of the archive is locked. It must not depend on the package list. */
  lockName(source: Source): string
  /** Returns the state that the source itself determines, so that no archive is read to find it. */
  pinnedState?(source: Source): ArchiveState
  /**
   * Whether the archive keeps previous states, so that a base can be made from a locked state after the archive has
   * changed. By default only the current state can be used.
   */
  readonly keepsStates?: boolean
  /** Returns everything that determines the content, for the key: never locations. */
  inputs(source: Source, state: ArchiveState): Readonly<Record<string, unknown>>
  /** Loads the part that performs I/O. */
  load(): Promise<RootfsImplementation<Source>>
}
