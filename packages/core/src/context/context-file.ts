import type { Digest } from '../model/digest.js'

/** One entry of a context. Paths use `/` and are relative to the context. */
export type ContextEntry =
  | {
      readonly kind: 'file'
      readonly path: string
      readonly digest: Digest
      /** In bytes. */
      readonly size: number
      /** Permission bits. */
      readonly mode: number
      /** Milliseconds since the epoch. */
      readonly modified: number
      /** The path of an earlier entry that is the same file, a hard link. */
      readonly link?: string
    }
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number; readonly modified: number }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string; readonly modified: number }

/** A context as it was when it was listed. */
export interface ContextListing {
  /** Absolute path. */
  readonly directory: string
  /** What is sent, sorted by path, after .dockerignore. */
  readonly entries: readonly ContextEntry[]
  /** Over path, kind, content, link target and executable bit: the same wherever the same files lie. */
  readonly digest: Digest
  readonly dockerfile: ContextDockerfile
  /** The first folder among what is sent that a git repository keeps its own files in: `.git`, `vendor/tool/.git`. */
  readonly gitFolder?: string
}

/** The Dockerfile of a context. */
export interface ContextDockerfile {
  readonly text: string
  /** Absolute path; for one that is in no file, the option that holds it. */
  readonly file: string
  /** What people know it by: its path in the context or, where it is not sent from there, the same as `file`. */
  readonly name: string
  /** Where it is in the tar that is sent. */
  readonly path: string
  /** Permission bits. */
  readonly mode: number
  /** Milliseconds since the epoch. */
  readonly modified: number
}
