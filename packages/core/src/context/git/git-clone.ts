import { rm } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import type { ContextDefinition } from '../../definition/declare/build-context.js'
import { CancelledError, DefinitionError, EngineError, HostError } from '../../model/errors.js'
import { shownLocation } from '../../model/shown-location.js'
import { redactText } from '../../registry/http/redaction.js'
import { type GitAddress, gitAddress } from './git-login.js'
import { runGit } from './git-process.js'

type GitContext = Extract<ContextDefinition, { kind: 'git' }>

/** Highest length of git's output in a message, in characters. */
const MAX_REASON = 500
/** Characters at the end of git's standard error that are read. */
const MAX_STDERR = 10_000

/**
 * Checks out one commit of a repository into an empty directory, with its submodules and without history. The system's
 * git is used, so its configuration, keys and credential helpers apply; it never prompts.
 *
 * @returns the selected directory.
 * @throws EngineError CONTEXT_UNREADABLE; HostError TOOL_MISSING; CancelledError
 */
export async function cloneContext(
  { url: written, ref = 'HEAD', subdirectory = '' }: GitContext,
  folder: string,
  signal?: AbortSignal,
): Promise<string> {
  const address = gitAddress(written)
  const { url } = address
  const git = (...args: readonly string[]) => cloneStep(address, folder, args, signal)
  await git('init', '--quiet')
  const commit = await git('fetch', '--quiet', '--depth', '1', '--', url, ref).then(
    () => 'FETCH_HEAD',
    async (error: unknown) => {
      // Many servers send a commit without a branch or tag only in a full fetch.
      if (!/^[a-f0-9]{7,64}$/.test(ref)) throw error
      await git('fetch', '--quiet', '--', url, '+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*')
      return ref
    },
  )
  await git('checkout', '--quiet', '--detach', commit)
  await git('submodule', '--quiet', 'update', '--init', '--recursive', '--depth', '1')
  // A submodule has a `.git` file with the path of its repository.
  const submodules = await git('submodule', '--quiet', 'foreach', '--recursive', `printf '%s\\0' "$displaypath"`)
  const roots = ['', ...submodules.split('\0').filter((path) => path !== '')]
  await Promise.all(roots.map((root) => rm(join(folder, root, '.git'), { recursive: true, force: true })))
  const directory = resolve(folder, subdirectory.replace(/^\/+/, ''))
  if (!relative(folder, directory).startsWith('..')) return directory
  const message = `directory '${subdirectory}' of a git context is outside of the repository`
  throw new DefinitionError([{ path: 'build.context', message, hint: 'use a directory of the repository' }])
}

async function cloneStep(
  address: GitAddress,
  folder: string,
  args: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string> {
  const { url } = address
  try {
    // Files as they are in the repository, without the user's conversions.
    const env = { ...address.env, GIT_TERMINAL_PROMPT: '0' }
    return await runGit(folder, ['-c', 'core.autocrlf=false', ...args], { env, signal })
  } catch (error) {
    if (signal?.aborted) throw new CancelledError(signal.reason)
    const { code, stderr = '' } = error as { readonly code?: unknown; readonly stderr?: string }
    if (code === 'ENOENT') {
      const hint = 'install git, or give the context as a directory or { tar: … }'
      throw new HostError('TOOL_MISSING', 'git is not installed, but a git context requires it', { hint })
    }
    const reason = redactText(stderr.slice(-MAX_STDERR)).trim()
    throw new EngineError('CONTEXT_UNREADABLE', `git context ${shownLocation(url)}: ${reason.slice(-MAX_REASON)}`, {
      hint: hintFor(reason),
    })
  }
}

function hintFor(reason: string): string {
  const [, owned] = /detected dubious ownership in repository at '([^'\n]+)'/.exec(reason) ?? []
  if (owned === undefined) {
    return 'check the URL and the ref after #; for a private repository, check that git can fetch it'
  }
  return `the repository belongs to another user; if you trust it, run: git config --global --add safe.directory '${owned}'`
}
