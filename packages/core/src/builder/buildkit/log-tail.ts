/** Highest number of output lines in the error of a failed step. */
const MAX_LINES = 20

/** Highest length of a line, in characters; the end of a line is kept. */
const MAX_LINE = 2000

/** The last lines of a streamed text, in bounded memory. */
export class LogTail {
  #lines: string[] = []
  #open = ''

  add(text: string): void {
    const pieces = (this.#open + text).split('\n')
    this.#open = (pieces.pop() ?? '').slice(-MAX_LINE)
    const whole = pieces.slice(-MAX_LINES).map((line) => line.slice(-MAX_LINE))
    this.#lines = [...this.#lines, ...whole].slice(-MAX_LINES)
  }

  /** The lines as a terminal shows them: redrawn lines in their last state. */
  lines(): readonly string[] {
    const lines = this.#open === '' ? this.#lines : [...this.#lines, this.#open]
    return lines.slice(-MAX_LINES).map((line) => line.trimEnd().split('\r').at(-1) ?? '')
  }
}
