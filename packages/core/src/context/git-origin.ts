import type { ContextDefinition } from '../definition/build-context.js'
import { runGit } from './git-process.js'

/** Where a context's files come from, as far as git knows. */
export interface GitOrigin {
  /** URL of the repository for people, without a login: `https://ghcr.io/team/app`. */
  readonly source?: string
  /** The commit; with `-dirty` where files differ from it. */
  readonly revision?: string
}

/** Asks git where a context is from. What it does not know, or is not there to tell, is left out. */
export async function readGitOrigin(context: ContextDefinition, signal?: AbortSignal): Promise<GitOrigin> {
  if (context.kind === 'git') {
    const { url, ref = '' } = context
    return origin(webUrl(url), /^[0-9a-f]{40}$/.test(ref) ? ref : undefined)
  }
  if (context.kind !== 'directory') return {}
  const git = (...args: readonly string[]) => askGit(context.path, args, signal)
  const [status, url] = await Promise.all([
    git('status', '--porcelain=v2', '--branch', '--untracked-files=normal', '--', '.'),
    git('config', '--get', 'remote.origin.url'),
  ])
  return origin(webUrl(url?.trim() ?? ''), status === undefined ? undefined : revisionOf(status))
}

/** What all contexts have in common. */
export function commonOrigin([first = {}, ...others]: readonly GitOrigin[]): GitOrigin {
  const isCommon = (name: keyof GitOrigin) => others.every((one) => one[name] === first[name])
  return origin(isCommon('source') ? first.source : undefined, isCommon('revision') ? first.revision : undefined)
}

function origin(source: string | undefined, revision: string | undefined): GitOrigin {
  return { ...(source !== undefined && { source }), ...(revision !== undefined && { revision }) }
}

/** @see https://git-scm.com/docs/git-status#_porcelain_format_version_2 */
function revisionOf(status: string): string | undefined {
  const lines = status.split('\n').filter((line) => line !== '')
  const commit = /^# branch\.oid ([0-9a-f]{40,64})$/m.exec(status)?.[1]
  const isClean = lines.every((line) => line.startsWith('#'))
  return commit === undefined || isClean ? commit : `${commit}-dirty`
}

/** As a browser opens it. Paths of this machine are nobody else's, and logins nobody's business. */
export function webUrl(remote: string): string | undefined {
  const [, host, path] =
    /^(?:https?|ssh|git):\/\/(?:[^/@]*@)?([^/:]+(?::\d+)?)\/(.+)$/.exec(remote) ??
    /^[\w.-]+@([^/:]+):(?!\/\/)\/?(.+)$/.exec(remote) ??
    []
  if (host === undefined || path === undefined) return undefined
  const place = /^https?:/.test(remote) ? host : host.replace(/:\d+$/, '')
  const scheme = remote.startsWith('http:') ? 'http' : 'https'
  return `${scheme}://${place}/${path.replace(/\/+$/, '').replace(/\.git$/, '')}`
}

/** @returns what it prints; undefined where it is not there, or knows of no repository. */
async function askGit(
  directory: string,
  args: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    return await runGit(directory, args, { env: { GIT_OPTIONAL_LOCKS: '0' }, signal })
  } catch {
    return undefined
  }
}
