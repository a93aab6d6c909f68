import { choosePaint } from '../report/paint.js'
import { plainReporter } from '../report/plain.js'
import { eventLinesReporter } from '../report/progress/event-lines.js'
import { groupMarkers } from '../report/progress/groups.js'
import { quietReporter, type Reporter } from '../report/progress/reporter.js'
import type { Terminal } from '../report/progress/terminal.js'
import type { Host, OutputStream, PipelineFlags, ProgressChoice } from './command.js'

/** The effective value of `--progress`: a live view on a terminal, lines elsewhere. */
export function progressOf(
  { progress = 'auto', quiet = false }: Pick<PipelineFlags, 'progress' | 'quiet'>,
  { stderr, env }: Pick<Host, 'stderr' | 'env'>,
): Exclude<ProgressChoice, 'auto'> {
  if (quiet) return 'quiet'
  if (progress !== 'auto') return progress
  const isCi = env['CI'] !== undefined && env['CI'] !== '' && env['CI'] !== 'false'
  return isTerminal(stderr) && env['TERM'] !== 'dumb' && !isCi ? 'tty' : 'plain'
}

/** Opens the selected reporter. It writes to standard error, because standard output is for results. */
export async function openReporter(flags: PipelineFlags, host: Host): Promise<Reporter> {
  const { verbose = false } = flags
  const { stderr, env } = host
  const write = (text: string) => void stderr.write(text)
  const chosen = progressOf(flags, host)
  if (chosen === 'quiet') return quietReporter
  if (chosen === 'json') return eventLinesReporter(write)
  if (chosen === 'tty' && isTerminal(stderr)) {
    // Loaded here, because only a terminal needs the libraries that draw on it.
    const { terminalReporter } = await import('../report/progress/terminal.js')
    return terminalReporter({ terminal: stderr, paint: choosePaint({ stream: stderr, env }), verbose })
  }
  return plainReporter({ write, verbose, markers: groupMarkers(env) })
}

function isTerminal(stream: OutputStream): stream is OutputStream & Terminal {
  return stream.isTTY === true
}
