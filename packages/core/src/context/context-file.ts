import type { Digest } from '../model/digest.js'

/**
 * One entry of a context. Paths use `/` and are relative to the context. A byte that is not UTF-8 is one lone surrogate,
 * U+DC80 to U+DCFF, in `path`, `target` and `link`; see {@link rawBytes}.
 */
export type ContextEntry = FileEntry | DirectoryEntry | SymlinkEntry

/** A regular file of a context. */
export interface FileEntry {
  readonly kind: 'file'
  readonly path: string
  readonly digest: Digest
  /** In bytes. */
  readonly size: number
  /** Permission, set-uid, set-gid and sticky bits as they are sent. */
  readonly mode: number
  /** Milliseconds since the epoch; negative before 1970. */
  readonly modified: number
  /** Path of the earlier entry of the listing that is the same file, a hard link. */
  readonly link?: string
  /** The bytes of `path` if they are not UTF-8. */
  readonly rawPath?: Buffer
}

/** A directory of a context. */
export interface DirectoryEntry {
  readonly kind: 'directory'
  readonly path: string
  readonly mode: number
  readonly modified: number
  readonly rawPath?: Buffer
}

/** A symbolic link of a context. */
export interface SymlinkEntry {
  readonly kind: 'symlink'
  readonly path: string
  readonly target: string
  readonly modified: number
  readonly rawPath?: Buffer
  /** The bytes of `target` if they are not UTF-8. */
  readonly rawTarget?: Buffer
}

/** The entries of a context that a build can read. */
export interface ContextListing {
  /** After .dockerignore, in the order of BuildKit's file sync: component by component, by the bytes of the names. */
  readonly entries: readonly ContextEntry[]
  /** Over path, kind, content, link target, mode and hard link; times and owners do not count. */
  readonly digest: Digest
  /** The first folder with the files of a git repository: `.git`, `vendor/tool/.git`. */
  readonly gitFolder?: string
}

/** The Dockerfile of a context. */
export interface ContextDockerfile {
  readonly text: string
  /** Absolute path; of an inline Dockerfile, the name of its option. */
  readonly file: string
  /** Its path in the context or, if it lies outside or is ignored, the same as `file`. */
  readonly name: string
  /** Permission bits. */
  readonly mode: number
}

/** A context of a run, shared by all platforms; disposal removes its temporary files. */
export interface OpenContext extends AsyncDisposable {
  /** Absolute path, without symbolic links. */
  readonly directory: string
  readonly dockerfile: ContextDockerfile
  /**
   * Lists the entries at and below paths, with their parents and the targets of symbolic links. A path may start with `/`
   * and contain wildcards. Reads and hashes nothing else, and no file twice.
   *
   * @throws EngineError CONTEXT_UNREADABLE; CancelledError
   */
  select(paths: readonly string[] | 'all', signal?: AbortSignal): Promise<ContextListing>
  /**
   * Reads the content of a listed file; the last chunk is emitted after the content was verified.
   *
   * @throws EngineError CONTEXT_UNREADABLE if the file changed since it was listed; CancelledError
   */
  read(entry: FileEntry, signal?: AbortSignal): AsyncIterable<Buffer>
}
