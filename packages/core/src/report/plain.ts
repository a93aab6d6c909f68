import { shortDigest } from '../model/digest.js'
import type { RunEvent, WorkEvent } from '../model/run/events.js'
import { escapeCiCommands, escapeLine } from './escape.js'
import { codeText, isAsDeclared, membershipText, movedText, readBackText } from './event-text.js'
import { GroupedLines, type GroupMarkers } from './progress/groups.js'
import { OutputLines } from './progress/output-lines.js'
import type { Reporter } from './progress/reporter.js'
import { RunningSteps } from './progress/running-steps.js'
import { formatBytes } from './units.js'

/** Options of the plain reporter. */
export interface PlainReporterOptions {
  readonly write: (text: string) => void
  /** Also the output of every build step, and transfers of any size. */
  readonly verbose: boolean
  /** How to fold the lines of a node, which then include the output of its build steps. */
  readonly markers?: GroupMarkers | undefined
}

/** Prints a run as lines, for logs and wherever no live view is possible. */
export function plainReporter(options: PlainReporterOptions): Reporter {
  return new PlainReporter(options)
}

class PlainReporter implements Reporter {
  readonly #write: (text: string) => void
  readonly #verbose: boolean
  readonly #groups: GroupedLines | undefined
  readonly #output = new OutputLines()
  readonly #steps = new RunningSteps()
  readonly #timer: NodeJS.Timeout | undefined
  #hasSeveral = false

  constructor({ write, verbose, markers }: PlainReporterOptions) {
    this.#write = write
    this.#verbose = verbose
    this.#groups = markers === undefined ? undefined : new GroupedLines(markers, write)
    // Output that is shown at once needs no summary.
    if (!verbose || this.#groups !== undefined) {
      this.#timer = setInterval(() => this.#reportLong(), CHECK_INTERVAL).unref()
    }
  }

  report = (event: RunEvent): void => {
    switch (event.kind) {
      case 'planned':
        for (const note of event.plan.notes) this.#line(`note: ${note}`)
        this.#hasSeveral = (event.plan.engines?.length ?? 0) > 1
        return
      case 'node-started':
        this.#line(
          `${event.node}: started${event.engine === undefined || !this.#hasSeveral ? '' : ` on ${event.engine}`}`,
        )
        return
      case 'node-reassigned':
        this.#steps.drop(event.node)
        this.#line(movedText(event))
        return
      case 'builder-joined':
      case 'builder-left':
        this.#hasSeveral = true
        this.#line(membershipText(event))
        return
      case 'node-reused':
        this.#end(event, `reused ${shortDigest(event.digest)}`)
        return
      case 'node-finished':
        this.#end(event, `done ${shortDigest(event.digest)}`)
        return
      case 'node-failed':
        // The rest of the message is printed at the end, with the error that ended the run.
        this.#end(event, `failed: ${event.error.message.split('\n', 1)[0]}`)
        return
      case 'node-skipped':
        this.#end(event, event.because)
        return
      case 'work':
        this.#work(event.node, event.event, event.at)
        return
      default: {
        const text = publishedText(event)
        if (text !== undefined) this.#line(text)
      }
    }
  }

  stopping = (): void => this.#line('stopping (press Ctrl-C again to exit immediately)');

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #line(text: string): void {
    this.#write(escapeCiCommands(`${escapeLine(text)}\n`))
  }

  #end(event: RunEvent & { readonly node: string }, text: string): void {
    this.#steps.drop(event.node)
    if (this.#groups === undefined) this.#line(`${event.node}: ${text}`)
    else this.#groups.end(event.node, escapeLine(`${event.node}: ${text}`), event)
  }

  #work(node: string, event: WorkEvent, at: number): void {
    const step = this.#steps.add(node, event, at)
    // A group is written when its node ends, so running steps are reported outside of it.
    if (step !== undefined && isStart(event)) {
      this.#line(`${node}: ${step}`)
      return
    }
    const shown = step ?? workText(event, this.#verbose)
    const output = this.#verbose || this.#groups !== undefined ? this.#output.add(node, event) : []
    for (const text of [...output, ...(shown === undefined ? [] : [escapeLine(shown)])]) {
      if (this.#groups === undefined) this.#write(escapeCiCommands(`${escapeLine(node)}: ${text}\n`))
      else this.#groups.add(node, text)
    }
  }

  #reportLong(): void {
    for (const { node, text } of this.#steps.longRunning(Date.now())) this.#line(`${node}: ${text}`)
  }
}

/** Events of what was published, loaded or written. */
type PublishingEvent = Exclude<RunEvent, { readonly kind: 'planned' | 'work' | `node-${string}` | `builder-${string}` }>

function publishedText(event: PublishingEvent): string | undefined {
  switch (event.kind) {
    case 'tag-moved':
      return `${event.change.reference} -> ${shortDigest(event.change.to)}`
    case 'signed':
      return `signed ${event.reference}`
    case 'loaded':
      return `loaded ${event.reference}`
    case 'read-back':
      return `${event.node}: ${readBackText(event)}`
    case 'output-written':
      return `wrote ${event.dest} (${event.type})`
    case 'tag-kept':
    case 'tag-not-moved':
    case 'signature-kept':
    case 'run-finished':
      return undefined
    default:
      return event satisfies never
  }
}

/** Milliseconds between two checks for steps that run for long. */
const CHECK_INTERVAL = 1_000

function isStart(event: WorkEvent): boolean {
  return event.kind === 'build-step' && event.status === 'started'
}

/** Size of a transfer from which it gets a line, in bytes. */
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
    case 'build-step':
    case 'build-log':
    case 'engine-transfer':
    case 'layers':
    case 'note':
      return undefined
    default:
      event satisfies never
      return undefined
  }
}
