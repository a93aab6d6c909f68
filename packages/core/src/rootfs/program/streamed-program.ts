import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Environment } from '../../host/environment.js'
import { onAbort } from '../../model/async/on-abort.js'
import { CancelledError, throwIfCancelled } from '../../model/errors.js'
import { spawnTied } from './tied-process.js'

/** Lines of a program's messages that an error shows. */
const LAST_LINES = 15

/** A program whose output is a root file system. */
export interface StreamedProgram {
  readonly command: readonly string[]
  readonly env: Environment
  readonly signal?: AbortSignal | undefined
  /** Called with each line of its error output. */
  readonly onLine?: (line: string) => void
  /** Converts the last lines of its error output to the error that is thrown if it fails. */
  readonly failure: (lines: string) => Error
}

/**
 * Runs a program and passes its output to a consumer. The program ends with this process. Its TMPDIR is a temporary
 * folder, and its mounts are private if this user may mount.
 *
 * @throws the error of `failure`; CancelledError
 * @example
 * ```ts
 * const failure = (lines: string) => new HostError('ROOTFS_FAILED', `tar failed: ${lines}`)
 * return await streamProgram({ command: ['tar', '-c', folder], env: call.env, signal, failure }, store)
 * ```
 */
export async function streamProgram<Result>(
  { command, env, signal, onLine, failure }: StreamedProgram,
  consume: (output: Readable) => Promise<Result>,
): Promise<Result> {
  throwIfCancelled(signal)
  const { child, stop } = spawnTied(command, env)
  const forget = signal && onAbort(signal, stop)
  const lines: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line)
    if (lines.length > LAST_LINES) lines.shift()
    onLine?.(line)
  })
  try {
    const [result, [code]] = await Promise.all([consume(child.stdout), once(child, 'close')])
    if (code !== 0) throw failure(lines.join('\n'))
    return result
  } catch (error) {
    if (signal?.aborted) throw new CancelledError(signal.reason)
    throw error
  } finally {
    forget?.()
    stop()
  }
}
