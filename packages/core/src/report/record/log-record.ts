import { lastState } from '../progress/output-lines.js'

/** Highest number of output lines per step in a report; the last lines are kept. */
const MAX_LINES = 400
/** Highest length of a kept line, in characters. */
const MAX_LINE = 2_000

/** The kept output of one step. */
export interface StepRecord {
  readonly name: string
  readonly status: 'started' | 'done' | 'cached' | 'failed'
  /** The last lines of its output. */
  readonly log: readonly string[]
  /** Lines before these. */
  readonly dropped: number
}

/** Collects the output of a step in bounded memory. */
export class StepLog {
  name: string
  status: StepRecord['status'] = 'started'
  #lines: string[] = []
  #open = ''
  #dropped = 0

  constructor(name: string) {
    this.name = name
  }

  add(text: string): void {
    const pieces = (this.#open + text).split('\n')
    this.#open = (pieces.pop() ?? '').slice(-MAX_LINE)
    for (const piece of pieces) this.#lines.push(piece.slice(-MAX_LINE))
    if (this.#lines.length > 2 * MAX_LINES) this.#drop()
  }

  record(): StepRecord {
    if (this.#lines.length > MAX_LINES) this.#drop()
    const lines = this.#open === '' ? this.#lines : [...this.#lines, this.#open]
    return { name: this.name, status: this.status, log: lines.map(lastState), dropped: this.#dropped }
  }

  #drop(): void {
    this.#dropped += this.#lines.length - MAX_LINES
    this.#lines = this.#lines.slice(-MAX_LINES)
  }
}
