import type { WriteStream } from 'node:tty'
import { createLogUpdate } from 'log-update'
import stringWidth from 'string-width'
import type { RunEvent } from '../../model/run/events.js'
import { escapeLine } from '../escape.js'
import { type Paint, painted } from '../paint.js'
import { OutputLines } from './output-lines.js'
import { advance, initialState } from './progress-state.js'
import { renderFinished, renderLive, type View } from './render.js'
import type { Reporter } from './reporter.js'

/** The properties of a terminal that the live view uses. */
export interface Terminal {
  write(text: string): unknown
  readonly columns: number
  readonly rows: number
  on(event: 'resize', listener: () => void): unknown
  off(event: 'resize', listener: () => void): unknown
}

/** Options of the live view. */
export interface TerminalReporterOptions {
  readonly terminal: Terminal
  readonly paint?: Paint
  /** Also the output of every build step, above the live lines. */
  readonly verbose?: boolean
}

/** Milliseconds between two frames, however many events there are. */
const FRAME = 100

/** Draws a run on a terminal: finished nodes above, running nodes below, and the state of the graph at the bottom. */
export function terminalReporter(options: TerminalReporterOptions): Reporter {
  const view = new LiveView(options)
  return {
    report: (event) => view.report(event),
    stopping: () => view.stop(),
    [Symbol.dispose]: () => view.close(),
  }
}

class LiveView {
  readonly #terminal: Terminal
  readonly #paint: Paint
  readonly #verbose: boolean
  readonly #state = initialState(Date.now())
  readonly #update: ReturnType<typeof createLogUpdate>
  readonly #timer: NodeJS.Timeout
  readonly #onResize = () => this.#resize()
  #drawn: readonly string[] = []
  #columns: number
  readonly #output = new OutputLines()
  #log: string[] = []

  constructor({ terminal, paint = painted, verbose = false }: TerminalReporterOptions) {
    this.#terminal = terminal
    this.#paint = paint
    this.#verbose = verbose
    this.#columns = terminal.columns
    this.#update = createLogUpdate(terminal as WriteStream)
    this.#timer = setInterval(() => this.#draw(), FRAME).unref()
    terminal.on('resize', this.#onResize)
    this.#draw()
  }

  report(event: RunEvent): void {
    advance(this.#state, event)
    if (!this.#verbose || event.kind !== 'work') return
    const name = escapeLine(event.node)
    for (const line of this.#output.add(event.node, event.event)) this.#log.push(`${name}: ${line}\n`)
  }

  stop(): void {
    this.#state.isStopping = true
    this.#draw()
  }

  /** Leaves the finished lines, with a visible cursor on a new line. */
  close(): void {
    clearInterval(this.#timer)
    this.#terminal.off('resize', this.#onResize)
    this.#writeFinished()
    this.#update.clear()
    this.#update.done()
  }

  get #view(): View {
    const { columns, rows } = this.#terminal
    return { now: Date.now(), columns: columns || 80, rows: rows || 24, paint: this.#paint }
  }

  #draw(): void {
    this.#writeFinished()
    this.#drawn = renderLive(this.#state, this.#view)
    this.#update(this.#drawn.join('\n'))
  }

  #writeFinished(): void {
    const lines = this.#state.finished.splice(0).map((line) => renderFinished(line, this.#view))
    const text = [...this.#log.splice(0), ...lines.map((line) => `${line}\n`)].join('')
    if (text === '') return
    this.#update.clear()
    this.#terminal.write(text)
  }

  /** A narrower terminal has wrapped the lines, so they cover more rows than were written. */
  #resize(): void {
    const { columns } = this.#view
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(stringWidth(line) / columns)), 0)
    if (columns < this.#columns && rows > 0) {
      this.#terminal.write(`\r\u001b[${rows}A\u001b[J`)
      this.#update.done()
    }
    this.#columns = columns
    this.#draw()
  }
}
