import { shortDigest } from '../model/digest.js'
import type { RunEvent, WorkEvent } from '../model/run/events.js'
import { escapeCiCommands, escapeLine } from './escape.js'
import { codeText, isAsDeclared, movedText } from './plain-words.js'
import { GroupedLines, type GroupMarkers } from './progress/groups.js'
import { OutputLines } from './progress/output-lines.js'
import type { Reporter } from './progress/reporter.js'
import { RunningSteps } from './progress/running-steps.js'
import { formatBytes } from './units.js'

/** How the plain reporter writes. */
export interface PlainReporterOptions {
  readonly write: (text: string) => void
  /** Also the output of every build step, and transfers of any size. */
  readonly verbose: boolean
  /** How to fold what a node says; it then includes the output of its build steps. */
  readonly markers?: GroupMarkers | undefined
}

/** Prints a run as lines, for logs and wherever no live view is possible. */
export function plainReporter({ write, verbose, markers }: PlainReporterOptions): Reporter {
  const groups = markers === undefined ? undefined : new GroupedLines(markers, write)
  const line = (text: string) => write(escapeCiCommands(`${escapeLine(text)}\n`))
  let hasSeveral = false
  const end = (event: RunEvent & { readonly node: string }, text: string) => {
    steps.drop(event.node)
    if (groups === undefined) line(`${event.node}: ${text}`)
    else groups.end(event.node, escapeLine(`${event.node}: ${text}`), event)
  }
  const output = new OutputLines()
  const steps = new RunningSteps()
  const hasOutput = verbose || groups !== undefined
  const work = (node: string, event: WorkEvent, at: number) => {
    const step = steps.add(node, event, at)
    // A group is written when its node ends, which is too late for what runs now.
    if (step !== undefined && isStart(event)) return line(`${node}: ${step}`)
    const shown = step ?? workText(event, verbose)
    const lines = [...(hasOutput ? output.add(node, event) : []), ...(shown === undefined ? [] : [escapeLine(shown)])]
    for (const text of lines) {
      if (groups === undefined) write(escapeCiCommands(`${escapeLine(node)}: ${text}\n`))
      else groups.add(node, text)
    }
  }
  const report = (event: RunEvent) => {
    switch (event.kind) {
      case 'planned':
        for (const note of event.plan.notes) line(`note: ${note}`)
        hasSeveral = (event.plan.engines?.length ?? 0) > 1
        return
      case 'node-started':
        return line(`${event.node}: started${event.engine === undefined || !hasSeveral ? '' : ` on ${event.engine}`}`)
      case 'node-reassigned':
        steps.drop(event.node)
        return line(movedText(event))
      case 'node-reused':
        return end(event, `reused ${shortDigest(event.digest)}`)
      case 'node-finished':
        return end(event, `done ${shortDigest(event.digest)}`)
      case 'node-failed':
        // The rest of the message is printed at the end, with the error that ended the run.
        return end(event, `failed: ${event.error.message.split('\n', 1)[0]}`)
      case 'node-skipped':
        return end(event, event.because)
      case 'work':
        return work(event.node, event.event, event.at)
      case 'tag-moved':
        return line(`${event.change.reference} -> ${shortDigest(event.change.to)}`)
      case 'signed':
        return line(`signed ${event.reference}`)
      case 'loaded':
        return line(`loaded ${event.reference}`)
      case 'output-written':
        return line(`wrote ${event.dest} (${event.type})`)
      default:
        return
    }
  }
  const reportLong = () => {
    for (const { node, text } of steps.longRunning(Date.now())) line(`${node}: ${text}`)
  }
  // Output that is shown as it comes needs no summary.
  const timer = verbose && groups === undefined ? undefined : setInterval(reportLong, CHECK_INTERVAL).unref()
  return {
    report,
    stopping: () => line('stopping (press Ctrl-C again to exit immediately)'),
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

/** Milliseconds between two checks for steps that run for long. */
const CHECK_INTERVAL = 1_000

function isStart(event: WorkEvent): boolean {
  return event.kind === 'build-step' && event.status === 'started'
}

/** Bytes that a transfer has to have for a line of its own: configs and small layers are done in a moment. */
const LARGE = 1_000_000

function workText(event: WorkEvent, verbose: boolean): string | undefined {
  switch (event.kind) {
    case 'build-warning':
      return `warning: ${event.message}${event.line === undefined ? '' : ` (Dockerfile line ${event.line})`}`
    case 'rootfs-progress':
      return event.message ?? event.phase
    case 'transfer':
      if (event.bytes !== event.total || (event.bytes < LARGE && !verbose)) return undefined
      return `${event.direction} ${formatBytes(event.bytes)}`
    case 'code-checked':
      return isAsDeclared(event) ? undefined : codeText(event)
    case 'registry-retry':
      return `${event.method} ${event.url}: ${event.reason}, retry in ${event.delay} ms`
    default:
      return undefined
  }
}
