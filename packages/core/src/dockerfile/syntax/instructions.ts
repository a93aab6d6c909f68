import { type HeaderLines, readHeader } from './directives.js'
import { type HeredocStart, heredocsOf } from './heredocs.js'
import { JoinedText, type Piece } from './joined-text.js'
import { type Flag, readJson, splitFlags } from './words.js'

/** One instruction as BuildKit splits it: keyword, flags, and the rest of the line. */
export interface Instruction {
  /** In upper case. */
  readonly keyword: string
  /** As written. */
  readonly name: string
  /** Line, from 1. */
  readonly line: number
  readonly joined: JoinedText
  readonly flags: readonly Flag[]
  /** Positions of the arguments in the joined text. */
  readonly args: { readonly start: number; readonly end: number }
  /** The instruction that ONBUILD registers. */
  readonly trigger?: Instruction
}

/** A Dockerfile, split into instructions. */
export interface SplitDockerfile extends HeaderLines {
  readonly instructions: readonly Instruction[]
  /**
   * The lines that determine the result, with line ends normalized outside heredocs; undefined if a heredoc has no end.
   */
  readonly essence: string | undefined
}

interface Line extends Piece {
  /** The text of the line, with its line end. */
  readonly raw: string
  /** Whether it is neither blank nor a comment. */
  readonly isRead: boolean
}

const SPACE_START = /^[\s\u0085]+/
const READ = /^[\s\u0085]*[^\s\u0085#]/

/**
 * Splits a Dockerfile as the newest BuildKit does.
 *
 * @see https://docs.docker.com/reference/dockerfile/#format
 */
export function splitInstructions(text: string): SplitDockerfile {
  const lines = linesOf(text)
  const header = readHeader(lines.map((line) => line.text))
  const escapeCharacter = header.escapeCharacter
  const instructions: Instruction[] = []
  const essence = lines.slice(0, header.headerLength).map((line) => line.text)
  let isComplete = true
  for (let at = 0; at < lines.length; ) {
    const start = at
    const { pieces, next } = readJoined(lines, at, escapeCharacter)
    at = next
    if (pieces.length === 0) continue
    const joined = new JoinedText(pieces)
    const one = readInstruction(joined, { start: 0, end: joined.text.length }, escapeCharacter)
    if (one === undefined) continue
    for (let index = start; index < at; index++) {
      const line = lines[index]
      if (line?.isRead) essence.push(line.text)
    }
    const heredocs = canHoldHeredoc(one) ? heredocsOf(joined.text) : []
    instructions.push(one)
    for (const heredoc of heredocs) {
      const end = endOf(heredoc, lines, at)
      isComplete &&= end < lines.length
      const body = lines.slice(at, end).map(({ raw }) => raw)
      essence.push(body.join('') + (lines[end]?.text ?? ''))
      at = end + 1
    }
  }
  return { ...header, instructions, essence: isComplete ? essence.join('\n') : undefined }
}

/** Lines end at line feeds only; preceding carriage returns are part of the line end. */
function linesOf(text: string): readonly Line[] {
  const lines: Line[] = []
  let offset = text.startsWith('\uFEFF') ? 1 : 0
  while (offset < text.length) {
    const feed = text.indexOf('\n', offset)
    const raw = text.slice(offset, feed < 0 ? text.length : feed + 1)
    const content = raw.slice(0, contentLength(raw))
    lines.push({ text: content, raw, offset, line: lines.length + 1, isRead: READ.test(content) })
    offset += raw.length
  }
  return lines
}

function contentLength(raw: string): number {
  let end = raw.length
  while (end > 0 && '\r\n'.includes(raw[end - 1] ?? '')) end--
  return end
}

/** The line and its continuation lines; undefined if it is blank or a comment. */
function readJoined(lines: readonly Line[], from: number, escapeCharacter: string) {
  const pieces: Piece[] = []
  let at = from
  let isOpen = true
  for (; isOpen && at < lines.length; at++) {
    const line = lines[at]
    if (line === undefined) break
    const isFirst = at === from
    if (!line.isRead) {
      if (isFirst) return { pieces, next: at + 1 }
      continue
    }
    const indent = isFirst ? (SPACE_START.exec(line.text)?.[0].length ?? 0) : 0
    const written = line.text.slice(indent)
    const end = continuedAt(written, escapeCharacter)
    isOpen = end !== undefined
    pieces.push({ text: written.slice(0, end), offset: line.offset + indent, line: line.line })
  }
  return { pieces, next: at }
}

/** Position of the escape character that continues a line; a doubled one ends it. */
function continuedAt(line: string, escapeCharacter: string): number | undefined {
  let end = line.length
  while (end > 0 && ' \t'.includes(line[end - 1] ?? '')) end--
  if (line[end - 1] !== escapeCharacter) return undefined
  if (end === 1) return 0
  return line[end - 2] === escapeCharacter ? undefined : end - 1
}

interface Range {
  readonly start: number
  readonly end: number
}

function readInstruction(joined: JoinedText, { start, end }: Range, escapeCharacter: string): Instruction | undefined {
  const { text } = joined
  const from = start + (SPACE_START.exec(text.slice(start, end))?.[0].length ?? 0)
  const name = /^[^\t\v\f\r ]*/.exec(text.slice(from, end))?.[0] ?? ''
  if (name.trim() === '') return undefined
  const { flags, rest } = splitFlags(text, { start: from + name.length, end }, escapeCharacter)
  const keyword = name.trim().toUpperCase()
  const trigger = keyword === 'ONBUILD' ? readTrigger(joined, { start: rest, end }, escapeCharacter) : undefined
  return {
    keyword,
    name: name.trim(),
    line: joined.span(from, from).line,
    joined,
    flags,
    args: { start: rest, end },
    ...(trigger !== undefined && { trigger }),
  }
}

/** BuildKit rejects nested ONBUILD. */
function readTrigger(joined: JoinedText, range: Range, escapeCharacter: string): Instruction | undefined {
  if (/^\s*onbuild(?=\s|$)/i.test(joined.text.slice(range.start, range.end))) return undefined
  return readInstruction(joined, range, escapeCharacter)
}

function canHoldHeredoc(one: Instruction): boolean {
  const { keyword, joined, args } = one.trigger ?? one
  return ['RUN', 'COPY', 'ADD'].includes(keyword) && readJson(joined.text, args) === undefined
}

/** The index of the line that ends a heredoc; the number of lines if it has no end. */
function endOf({ name, chomp }: HeredocStart, lines: readonly Line[], from: number): number {
  let at = from
  while (at < lines.length) {
    const text = lines[at]?.text ?? ''
    if ((chomp ? text.replace(/^\t+/, '') : text) === name) break
    at++
  }
  return at
}
