import { fileURLToPath } from 'node:url'
import { isFileUrl } from '../file-url.js'
import { localPath } from './build-secrets.js'

/** A tar archive, plain or gzipped: a file, or a function that opens a stream of it, once in a run. */
export interface TarSource {
  readonly tar: string | URL | (() => TarStream | Promise<TarStream>)
}

/** The bytes of an archive. */
export type TarStream = AsyncIterable<Uint8Array>

/**
 * Source of a build's files: a directory; a git repository, `https://host/path.git#ref:directory`; a tar archive; or
 * `false` for no files.
 */
export type ContextSource = string | URL | TarSource | false

/** A validated context. Paths are absolute. */
export type ContextDefinition =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'git'; readonly url: string; readonly ref?: string; readonly subdirectory?: string }
  | { readonly kind: 'tar'; readonly file: string }
  | { readonly kind: 'stream'; readonly open: () => TarStream | Promise<TarStream> }
  /** Base of a relative Dockerfile path. */
  | { readonly kind: 'none'; readonly directory: string }

/** The kinds of contexts that {@link contextIssue} accepts, for messages. */
export const contextHint = 'use a directory, a git URL, { tar: … }'

/** Returns the issue of the value of `context`. */
export function contextIssue(value: unknown): string | undefined {
  if (value === false) return undefined
  if (typeof value === 'object' && value !== null && 'tar' in value) {
    return typeof value.tar === 'function' ? undefined : pathIssue(value.tar)
  }
  if (typeof value !== 'string' || isGit(value) || !/^https?:/.test(value)) return pathIssue(value)
  return 'a URL must be that of a git repository and end in .git; for an archive use { tar: … }'
}

function pathIssue(value: unknown): string | undefined {
  if (value instanceof URL) {
    return isFileUrl(value) ? undefined : 'must be a directory or a file: URL; write a git repository as string'
  }
  return typeof value === 'string' && value !== '' ? undefined : 'must be a directory, a git URL, { tar: … } or false'
}

/**
 * The forms of a git repository that docker accepts. @see
 * https://docs.docker.com/build/concepts/context/#git-repositories
 */
function isGit(text: string): boolean {
  return /^(?:git|ssh):\/\/[^-]|^https?:\/\/[^#]+\.git(?:#|$)|^[\w.][\w.-]*@[\w.][\w.-]*:/.test(text)
}

/** Converts a valid context. */
export function readContext(source: ContextSource, directory: string): ContextDefinition {
  if (source === false) return { kind: 'none', directory }
  if (source instanceof URL) return { kind: 'directory', path: fileURLToPath(source) }
  if (typeof source === 'string') {
    return isGit(source) ? readGit(source) : { kind: 'directory', path: localPath(source, directory) }
  }
  const { tar } = source
  return typeof tar === 'function' ? { kind: 'stream', open: tar } : { kind: 'tar', file: localPath(tar, directory) }
}

function readGit(text: string): ContextDefinition {
  const [, url = '', ref, subdirectory] = /^([^#]*)(?:#([^:]*)(?::(.*))?)?$/.exec(text) ?? []
  return { kind: 'git', url, ...(ref && { ref }), ...(subdirectory && { subdirectory }) }
}
