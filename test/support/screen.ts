import { EventEmitter } from 'node:events'
import xterm from '@xterm/headless'

/** A terminal that interprets its input as a real one does, and returns the visible text. */
export class Screen extends EventEmitter {
  readonly isTTY = true
  readonly #terminal: InstanceType<typeof xterm.Terminal>
  /** Bytes that were written. */
  written = 0

  constructor(columns: number, rows: number) {
    super()
    this.#terminal = new xterm.Terminal({
      cols: columns,
      rows,
      scrollback: 1_000,
      allowProposedApi: true,
      convertEol: true,
    })
  }

  get columns(): number {
    return this.#terminal.cols
  }

  get rows(): number {
    return this.#terminal.rows
  }

  write(text: string | Uint8Array): boolean {
    this.written += text.length
    this.#terminal.write(text)
    return true
  }

  /** Resizes the window: the text is wrapped again. */
  async resize(columns: number, rows: number): Promise<void> {
    await this.settled()
    this.#terminal.resize(columns, rows)
    this.emit('resize')
    await this.settled()
  }

  /** Every line that stands there, above the screen too, without the empty ones at the end. */
  async lines(): Promise<readonly string[]> {
    await this.settled()
    const { active } = this.#terminal.buffer
    const lines = Array.from(
      { length: active.length },
      (_, index) => active.getLine(index)?.translateToString(true) ?? '',
    )
    return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1)
  }

  /** Later output starts on a new line. */
  async isAtLineStart(): Promise<boolean> {
    await this.settled()
    return this.#terminal.buffer.active.cursorX === 0
  }

  settled(): Promise<void> {
    return new Promise((done) => this.#terminal.write('', done))
  }
}
