import type { Span } from '../dockerfile.js'

/** A piece of a file that a {@link JoinedText} is made of. */
export interface Piece {
  readonly text: string
  /** Offset in the file. */
  readonly offset: number
  /** Line in the file, from 1. */
  readonly line: number
}

/** The text of one instruction with its continuation lines joined, which maps positions back to the file. */
export class JoinedText {
  readonly text: string
  readonly #pieces: readonly Piece[]
  readonly #starts: readonly number[]

  constructor(pieces: readonly Piece[]) {
    const starts: number[] = []
    let text = ''
    for (const piece of pieces) {
      starts.push(text.length)
      text += piece.text
    }
    this.text = text
    this.#pieces = pieces
    this.#starts = starts
  }

  /** The position in the file of a part of the text. */
  span(start: number, end: number): Span {
    const { offset, line } = this.#place(start)
    return { start: offset, end: end > start ? this.#place(end - 1).offset + 1 : offset, line }
  }

  #place(index: number): { readonly offset: number; readonly line: number } {
    let low = 0
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#starts[middle] ?? 0) <= index) low = middle
      else high = middle - 1
    }
    const { offset, line } = this.#pieces[low] ?? { offset: 0, line: 1 }
    return { offset: offset + index - (this.#starts[low] ?? 0), line }
  }
}
