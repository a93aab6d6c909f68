import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Variables by which git, where it starts this process as a hook, names another repository. */
const FOREIGN = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_PREFIX'] as const

/** What git is called with beside its arguments. */
export interface GitCall {
  /** Variables over those of this process. */
  readonly env: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs the system's git in a directory, whose own repository is meant; also where it is cancelled, it has ended afterwards.
 *
 * @returns what it prints.
 */
export async function runGit(directory: string, args: readonly string[], { env, signal }: GitCall): Promise<string> {
  const all: NodeJS.ProcessEnv = { ...process.env, ...env }
  for (const name of FOREIGN) delete all[name]
  const options = { env: all, maxBuffer: Number.POSITIVE_INFINITY, ...(signal && { signal }) }
  const running = run('git', ['-C', directory, ...args], options)
  const closed = new Promise((resolve) => running.child.once('close', resolve))
  try {
    return (await running).stdout
  } catch (error) {
    // A signal is told at once, while git cleans up: it must not write into a folder that is being removed.
    await closed
    throw error
  }
}
