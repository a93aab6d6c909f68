import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { LIMITS } from '../../model/limits.js'

const run = promisify(execFile)

/** Variables that name another repository if git started this process as a hook. */
const FOREIGN = [
  'GIT_DIR',
  'GIT_COMMON_DIR',
  'GIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_NAMESPACE',
  'GIT_PREFIX',
  'GIT_CONFIG',
] as const

/** Options of a git call. */
export interface GitCall {
  /** Variables that override those of this process. */
  readonly env: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs the system's git in a directory. The process has ended when the call returns, also after cancellation. Arguments
 * must not contain secrets: every user of the machine can list them.
 *
 * @returns what it prints.
 */
export async function runGit(directory: string, args: readonly string[], { env, signal }: GitCall): Promise<string> {
  const all: NodeJS.ProcessEnv = { ...process.env }
  for (const name of FOREIGN) delete all[name]
  // Ignore bare repositories inside untrusted files: their configuration could start programs.
  const safe = ['-c', 'safe.bareRepository=explicit', '-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null']
  const options = { env: { ...all, ...env }, maxBuffer: LIMITS.gitOutput, ...(signal && { signal }) }
  const running = run('git', ['-C', directory, ...safe, ...args], options)
  const closed = new Promise((resolve) => running.child.once('close', resolve))
  try {
    return (await running).stdout
  } catch (error) {
    // Wait for the end of git: after a signal it still cleans up, and must not write into a directory that is being
    // removed.
    await closed
    throw error
  }
}

/** Configuration as environment variables, after existing ones: the last value counts. */
export function gitConfig(entries: readonly (readonly [key: string, value: string])[]): Record<string, string> {
  const before = Number(process.env['GIT_CONFIG_COUNT'] || 0) || 0
  const pairs = entries.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${before + index}`, key],
    [`GIT_CONFIG_VALUE_${before + index}`, value],
  ])
  return entries.length === 0 ? {} : { GIT_CONFIG_COUNT: String(before + entries.length), ...Object.fromEntries(pairs) }
}
