import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { ContextDefinition } from '../../definition/declare/build-context.js'
import { runGit } from './git-process.js'
import { findRepository, type GitRepository, isolateRepository, readGit, readSettings } from './git-repository.js'

/** The origin of a context's files, as far as git reports it. */
export interface GitOrigin {
  /** URL of the repository for browsers, without a login: `https://ghcr.io/team/app`. */
  readonly source?: string
  /** The commit; with `-dirty` if files differ from it. */
  readonly revision?: string
}

/**
 * Reads the origin of a context. Values that git does not record are omitted; without git, all of them are. The
 * configuration of the repository starts no program, because a context may be untrusted.
 */
export async function readGitOrigin(context: ContextDefinition, signal?: AbortSignal): Promise<GitOrigin> {
  if (context.kind === 'git') {
    const { url, ref = '' } = context
    return origin(webUrl(url), /^[0-9a-f]{40}$/.test(ref) ? ref : undefined)
  }
  if (context.kind !== 'directory') return {}
  const repository = await findRepository(context.path, signal).catch(() => undefined)
  if (repository === undefined) return {}
  const [revision, [remote]] = await Promise.all([
    readRevision(context.path, repository, signal).catch(() => undefined),
    readSettings(repository, '^remote\\.origin\\.url$', signal),
  ])
  return origin(webUrl(remote?.[1].trim() ?? ''), revision)
}

/** Returns the origin that all contexts share. */
export function commonOrigin([first = {}, ...others]: readonly GitOrigin[]): GitOrigin {
  const isCommon = (name: keyof GitOrigin) => others.every((one) => one[name] === first[name])
  return origin(isCommon('source') ? first.source : undefined, isCommon('revision') ? first.revision : undefined)
}

function origin(source: string | undefined, revision: string | undefined): GitOrigin {
  return { ...(source !== undefined && { source }), ...(revision !== undefined && { revision }) }
}

async function readRevision(directory: string, repository: GitRepository, signal?: AbortSignal): Promise<string> {
  const commit = (await readGit(directory, ['rev-parse', '--verify', 'HEAD'], signal)).trim()
  return (await isDirty(directory, { ...repository, commit }, signal)) ? `${commit}-dirty` : commit
}

/**
 * Whether files below a directory differ from the commit, those of submodules too.
 *
 * @param read - roots of the repositories that were read: a submodule may be a link to one above it
 */
async function isDirty(
  directory: string,
  checkout: GitRepository & { readonly commit: string },
  signal: AbortSignal | undefined,
  read = new Set<string>(),
): Promise<boolean> {
  read.add(checkout.root)
  await using isolated = await isolateRepository(checkout, checkout.commit, signal)
  const git = (...args: readonly string[]) => runGit(directory, [...args, '--', '.'], { env: isolated.env, signal })
  // git would read each submodule with its own configuration.
  const status = ['status', '--porcelain=v2', '--untracked-files=normal', '--ignore-submodules=dirty']
  const [changes, index] = await Promise.all([git(...status), git('ls-files', '--stage', '-z')])
  if (changes !== '') return true
  for (const path of submodulePaths(index)) {
    if (await isSubmoduleDirty(join(directory, path), signal, read)) return true
  }
  return false
}

async function isSubmoduleDirty(
  directory: string,
  signal: AbortSignal | undefined,
  read: Set<string>,
): Promise<boolean> {
  const repository = await findRepository(directory, signal).catch(() => undefined)
  // A submodule that was not cloned is an empty folder of the outer repository.
  if (repository === undefined || repository.root !== (await realpath(directory))) return false
  if (read.has(repository.root)) return false
  const commit = (await readGit(directory, ['rev-parse', '--verify', 'HEAD'], signal)).trim()
  return isDirty(directory, { ...repository, commit }, signal, read)
}

/** @see https://git-scm.com/docs/git-ls-files#_output */
function submodulePaths(index: string): readonly string[] {
  const lines = index.split('\0').filter((line) => line.startsWith('160000 '))
  return lines.map((line) => line.slice(line.indexOf('\t') + 1))
}

/** The address of a repository for a browser, without login, query and fragment; undefined for local paths. */
export function webUrl(remote: string): string | undefined {
  const scp = /^[\w.-]+@([^/:]+):(?!\/\/)\/?(.+)$/.exec(remote)
  if (scp !== null) return address('https', scp[1] ?? '', scp[2] ?? '')
  const url = URL.canParse(remote) ? new URL(remote) : undefined
  if (url === undefined || !/^(?:https?|ssh|git):$/.test(url.protocol)) return undefined
  // The port is that of ssh or git.
  const isWeb = url.protocol.startsWith('http')
  return address(url.protocol === 'http:' ? 'http' : 'https', isWeb ? url.host : url.hostname, url.pathname)
}

function address(scheme: string, host: string, written: string): string | undefined {
  const parts = (written.split(/[?#]/, 1)[0] ?? '').split('/').filter((part) => part !== '')
  const path = parts.join('/').replace(/\.git$/, '')
  return host === '' || path === '' ? undefined : `${scheme}://${host}/${path}`
}
