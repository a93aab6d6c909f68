/** How many lines of a failed step's output an error carries. */
const MAX_LINES = 20

/** The most of one line that is kept, in characters; the end of a progress bar says more than its start. */
const MAX_LINE = 2000

/** The last lines of a text that arrives in pieces, in bounded memory. */
export class LogTail {
  #lines: string[] = []
  #open = ''

  add(text: string): void {
    const pieces = (this.#open + text).split('\n')
    this.#open = (pieces.pop() ?? '').slice(-MAX_LINE)
    const whole = pieces.slice(-MAX_LINES).map((line) => line.slice(-MAX_LINE))
    this.#lines = [...this.#lines, ...whole].slice(-MAX_LINES)
  }

  /** The lines as a terminal would show them: only the last state of a line that was redrawn. */
  lines(): readonly string[] {
    const lines = this.#open === '' ? this.#lines : [...this.#lines, this.#open]
    return lines.slice(-MAX_LINES).map((line) => line.trimEnd().split('\r').at(-1) ?? '')
  }
}
