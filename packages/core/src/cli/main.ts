import type { Command } from 'commander'
import { PolyarchError } from '../model/errors.js'
import { splitArguments } from '../operations/option-names.js'
import type { PipelinesAndOptions } from '../operations/options.js'
import { choosePaint } from '../report/paint.js'
import { type ErrorTextOptions, formatError } from '../report/text/error-text.js'
import { withStart } from '../report/text/start-line.js'
import { isVerbose, orderArguments } from './arguments.js'
import { COMMAND_LINE_OPTIONS, type CommandContext, type Host, type RunOptions, type ToolCommand } from './command.js'
import { EXIT, exitCodeOf } from './exit-code.js'
import { print } from './output.js'
import { createProgram } from './program/build-program.js'
import { createStandaloneProgram } from './program/standalone-program.js'

/**
 * Milliseconds in which a repeated signal counts as the same one: tsx and npm pass on a signal that the terminal has
 * already sent to the whole group. Libraries that clean up on signals also end a process that has no other listener.
 */
const ONE_KEY_PRESS = 1_000

/** Runs one command of a `build.ts` and sets the exit code. Never rejects. */
export function main(given: PipelinesAndOptions<RunOptions>, host: Host): Promise<void> {
  return runProgram({ host }, async () => {
    const { pipelines, options } = splitArguments('run', given, COMMAND_LINE_OPTIONS)
    await runCommand({ pipelines, defaults: options, host }, createProgram)
  })
}

/** Runs one command without a `build.ts` and sets the exit code. Never rejects. */
export function standalone(added: readonly ToolCommand[], host: Host): Promise<void> {
  const create = (context: CommandContext) => createStandaloneProgram(context, added)
  return runProgram({ host, isStandalone: true }, () =>
    runCommand({ pipelines: [], isStandalone: true, defaults: {}, host }, create),
  )
}

async function runProgram(
  program: Pick<CommandContext, 'host' | 'isStandalone'>,
  work: () => Promise<void>,
): Promise<void> {
  const { host } = program
  for (const stream of [host.stdout, host.stderr]) stream.on?.('error', (error) => outputLost(error, host))
  try {
    await work()
  } catch (error) {
    host.exitCode = isUsage(error) ? usageCode(error) : exitCodeOf(error)
    if (!isUsage(error)) print(withStart(formatError(error, errorOptions(host)), program), host.stderr)
  }
}

async function runCommand(
  given: Omit<CommandContext, 'signal' | 'onStopping'>,
  create: (context: CommandContext) => Command,
): Promise<void> {
  const { host } = given
  const stop = new AbortController()
  const context: CommandContext = {
    ...given,
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
    const program = create(context)
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

/** Read from the arguments, because parsing them may have failed. */
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
