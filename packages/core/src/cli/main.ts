import { PolyarchError } from '../model/errors.js'
import { splitArguments } from '../operations/option-names.js'
import type { PipelinesAndOptions } from '../operations/options.js'
import { choosePaint } from '../report/paint.js'
import { type ErrorTextOptions, formatError } from '../report/text/error-text.js'
import { isVerbose, orderArguments } from './arguments.js'
import { COMMAND_LINE_OPTIONS, type CommandContext, type Host, type RunOptions } from './command.js'
import { EXIT, exitCodeOf } from './exit-code.js'
import { print } from './output.js'
import { createProgram } from './program.js'

/**
 * Milliseconds in which a repeated signal counts as the same one: tsx and npm pass on a signal that the terminal has
 * already sent to the whole group. Libraries that clean up on signals also end a process that has no other listener.
 */
const ONE_KEY_PRESS = 1_000

/** Runs one command and sets the exit code. Never rejects. */
export async function main(given: PipelinesAndOptions<RunOptions>, host: Host): Promise<void> {
  for (const stream of [host.stdout, host.stderr]) stream.on?.('error', (error) => outputLost(error, host))
  try {
    await runCommand(given, host)
  } catch (error) {
    host.exitCode = isUsage(error) ? usageCode(error) : exitCodeOf(error)
    if (!isUsage(error)) print(formatError(error, errorOptions(host)), host.stderr)
  }
}

async function runCommand(given: PipelinesAndOptions<RunOptions>, host: Host): Promise<void> {
  const { pipelines, options: defaults } = splitArguments('run', given, COMMAND_LINE_OPTIONS)
  const stop = new AbortController()
  const context: CommandContext = {
    pipelines,
    defaults,
    host,
    signal: stop.signal,
    onStopping: () => void host.stderr.write('stopping (press Ctrl-C again to exit immediately)\n'),
  }
  const cancel = () => {
    if (stop.signal.aborted) return
    context.onStopping()
    stop.abort()
    setTimeout(release, ONE_KEY_PRESS).unref()
  }
  const release = () => {
    host.off('SIGINT', cancel)
    host.off('SIGTERM', cancel)
  }
  host.on('SIGINT', cancel)
  host.on('SIGTERM', cancel)
  try {
    const program = createProgram(context)
    await program.parseAsync(orderArguments(host.argv, program))
  } finally {
    if (!stop.signal.aborted) release()
  }
}

/** Ignores EPIPE: the reader, such as `head`, has closed the pipe. Any other error of the output fails the run. */
function outputLost({ code, message }: NodeJS.ErrnoException, host: Host): void {
  if (code === 'EPIPE') return
  if (host.exitCode !== EXIT.failed) print(`output cannot be written: ${message}\n`, host.stderr)
  host.exitCode = EXIT.failed
}

/** Read off the arguments: what failed may have been their reading. */
function errorOptions({ argv, stderr, env }: Host): ErrorTextOptions {
  return { verbose: isVerbose(argv), paint: choosePaint({ stream: stderr, env }) }
}

/** Commander has printed the error or the help before it throws. */
function isUsage(error: unknown): error is Error & { readonly code: string; readonly exitCode: number } {
  return !(error instanceof PolyarchError) && error instanceof Error && 'exitCode' in error && 'code' in error
}

function usageCode({ exitCode }: { readonly exitCode: number }): number {
  return exitCode === 0 ? EXIT.ok : EXIT.usage
}
