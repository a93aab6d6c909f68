import type { WorkEvent } from '../../model/run/events.js'
import { formatDuration } from '../units.js'
import { lastState } from './output-lines.js'

/** Interval, in milliseconds, at which a running step is reported. */
const LONG_STEP = 10_000

/** Characters of a step's output that are kept for its last line. */
const MAX_TAIL = 2_000

interface RunningStep {
  readonly node: string
  readonly name: string
  readonly startedAt: number
  reportedAt: number
  output: string
}

/** The running steps of Dockerfiles, with their start and the end of their output. */
export class RunningSteps {
  readonly #steps = new Map<string, RunningStep>()

  /**
   * Applies one event.
   *
   * @param at - milliseconds since the epoch
   * @returns the line for the start of a step, or for its end with the duration
   */
  add(node: string, event: WorkEvent, at: number): string | undefined {
    if (event.kind === 'build-log') this.#log(`${node} ${event.step}`, event.text)
    if (event.kind !== 'build-step') return undefined
    const key = `${node} ${event.step}`
    const running = this.#steps.get(key)
    if (event.status === 'started') {
      if (running !== undefined) return undefined
      this.#steps.set(key, { node, name: event.name, startedAt: at, reportedAt: at, output: '' })
      return isInternal(event.name) ? undefined : `${event.name} (started)`
    }
    this.#steps.delete(key)
    const time =
      running === undefined || event.status === 'cached' ? '' : ` in ${formatDuration(at - running.startedAt)}`
    return `${event.name} (${event.status}${time})`
  }

  /** Removes the steps of a node that has ended or was reassigned. */
  drop(node: string): void {
    for (const [key, step] of this.#steps) if (step.node === node) this.#steps.delete(key)
  }

  /** A line for each long-running step: its duration and its last line of output. */
  longRunning(now: number): readonly { readonly node: string; readonly text: string }[] {
    const due = [...this.#steps.values()].filter(({ reportedAt }) => now - reportedAt >= LONG_STEP)
    return due.map((step) => {
      step.reportedAt = now
      const last = lastLine(step.output)
      const time = formatDuration(now - step.startedAt, 'whole')
      return { node: step.node, text: `${step.name} (running for ${time})${last === '' ? '' : `: ${last}`}` }
    })
  }

  #log(key: string, text: string): void {
    const step = this.#steps.get(key)
    if (step !== undefined) step.output = `${step.output}${text}`.slice(-MAX_TAIL)
  }
}

/** Steps of BuildKit itself, such as the transfer of the context, are short or show their bytes. */
function isInternal(name: string): boolean {
  return name.startsWith('[internal]')
}

function lastLine(output: string): string {
  const lines = output.split('\n').map(lastState)
  return lines.findLast((line) => line.trim() !== '')?.trim() ?? ''
}
