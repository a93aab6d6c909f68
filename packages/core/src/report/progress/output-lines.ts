import type { WorkEvent } from '../../model/run/events.js'
import { escapeText } from '../escape.js'

/** Highest length of a line, in characters: some output has no line ends. */
const MAX_OPEN = 10_000

/** Joins the output of build steps, which arrives in chunks of several steps, to whole lines. */
export class OutputLines {
  readonly #open = new Map<string, string>()

  /** The lines that an event completes. The end of a step ends its last line. */
  add(node: string, event: WorkEvent): readonly string[] {
    if (event.kind === 'build-log') return this.#take(`${node} ${event.step}`, event.text)
    if (event.kind === 'build-step' && event.status !== 'started') return this.#end(`${node} ${event.step}`)
    return []
  }

  #take(key: string, text: string): readonly string[] {
    const pieces = `${this.#open.get(key) ?? ''}${text}`.split('\n')
    const open = pieces.pop() ?? ''
    this.#open.set(key, open.length > MAX_OPEN ? '' : open)
    return [...pieces, ...(open.length > MAX_OPEN ? [open] : [])].map(lastState)
  }

  #end(key: string): readonly string[] {
    const open = this.#open.get(key) ?? ''
    this.#open.delete(key)
    return open === '' ? [] : [lastState(open)]
  }
}

/** Returns the last state of a line that was redrawn, such as a progress bar. */
export function lastState(line: string): string {
  return escapeText(line.trimEnd().split('\r').at(-1) ?? '')
}
