import { shortDigest } from '../model/digest.js'
import type { RunEvent, WorkEvent } from '../model/events.js'
import { formatBytes } from './units.js'

/** How the plain reporter writes. */
export interface PlainReporterOptions {
  readonly write: (text: string) => void
  /** Also the output of every build step, and every retry. */
  readonly verbose: boolean
}

/** Tells a run as lines, one thing after the other: for logs, and wherever nothing can be drawn. */
export function plainReporter({ write, verbose }: PlainReporterOptions): (event: RunEvent) => void {
  const line = (text: string) => write(`${text}\n`)
  return (event) => {
    switch (event.kind) {
      case 'planned':
        for (const note of event.plan.notes) line(`note: ${note}`)
        return
      case 'node-started':
        return line(`${event.node}: started`)
      case 'node-reused':
        return line(`${event.node}: reused ${shortDigest(event.digest)}`)
      case 'node-finished':
        return line(`${event.node}: done ${shortDigest(event.digest)}`)
      case 'node-failed':
        return line(`${event.node}: failed: ${firstLine(event.error.message)}`)
      case 'node-skipped':
        return line(`${event.node}: ${event.because}`)
      case 'work': {
        const text = workText(event.event, verbose)
        if (text !== undefined) line(`${event.node}: ${text}`)
        return
      }
      case 'tag-moved':
        return line(`${event.change.reference} -> ${shortDigest(event.change.to)}`)
      case 'loaded':
        return line(`loaded ${event.reference}`)
      default:
        return
    }
  }
}

function workText(event: WorkEvent, verbose: boolean): string | undefined {
  switch (event.kind) {
    case 'build-step':
      return event.status === 'started' ? undefined : `${event.name} (${event.status})`
    case 'build-warning':
      return `warning: ${event.message}${event.line === undefined ? '' : ` (Dockerfile line ${event.line})`}`
    case 'build-log':
      return verbose ? event.text.trimEnd() : undefined
    case 'rootfs-progress':
      return event.message ?? event.phase
    case 'transfer':
      return event.bytes === event.total ? `${event.direction} ${formatBytes(event.bytes)}` : undefined
    case 'registry-retry':
      return `${event.method} ${event.url}: ${event.reason}, trying again in ${event.delay} ms`
    default:
      return undefined
  }
}

/** The rest is told at the end, with the error that ended the run. */
function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text
}
