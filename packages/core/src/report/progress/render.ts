import cliTruncate from 'cli-truncate'
import stringWidth from 'string-width'
import { escapeLine } from '../escape.js'
import type { Paint, Style } from '../paint.js'
import { formatBytes, formatDuration } from '../units.js'
import type { FinishedLine, ProgressState, RunningNode } from './progress-state.js'
import type { Flow } from './traffic.js'

/** Size and time of a drawing. */
export interface View {
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly columns: number
  readonly rows: number
  readonly paint: Paint
}

const STYLES: Readonly<Record<FinishedLine['outcome'], Style>> = {
  made: 'green',
  passed: 'green',
  verified: 'green',
  reused: 'dim',
  failed: 'red',
  skipped: 'yellow',
  note: 'cyan',
  warning: 'yellow',
  moved: 'green',
  signed: 'green',
  loaded: 'green',
  wrote: 'green',
}

/** Outcomes are words, so that no meaning depends on colour alone. */
const WORD_WIDTH = 9

/** Columns below which a step of the Dockerfile is not readable: `[2/9] R…`. */
const MIN_STEP = 8

/**
 * Formats a line that stays. It is not shortened, because it is read later too, except that a failure is printed in
 * full at the end.
 */
export function renderFinished(
  { outcome, text, duration }: FinishedLine,
  { paint, columns }: Pick<View, 'paint' | 'columns'>,
): string {
  const time = duration === undefined ? '' : `  ${formatDuration(duration)}`
  const room = columns - 1 - WORD_WIDTH - time.length
  const shownText = outcome === 'failed' ? cliTruncate(escapeLine(text), Math.max(MIN_STEP, room)) : escapeLine(text)
  return `${paint(STYLES[outcome], outcome.padEnd(WORD_WIDTH))}${shownText}${paint('dim', time)}`
}

/**
 * The live lines: one for each running node, and the state of the graph. None is wider than the terminal, and together
 * they fill at most half of it: finished lines stay visible, and if the window gets narrower, wrapped lines do not
 * scroll out of it, where they could not be erased.
 */
export function renderLive(state: ProgressState, view: View): readonly string[] {
  const nodes = [...state.running.values()]
  const room = Math.max(1, Math.floor(view.rows / 2) - 1)
  const shown = nodes.length > room ? nodes.slice(0, room - 1) : nodes
  const hidden = nodes.length - shown.length
  return [
    ...shown.map((node) => renderNode(node, view)),
    ...(hidden > 0 ? [view.paint('dim', `${' '.repeat(WORD_WIDTH)}and ${hidden} more`)] : []),
    summary(state, view),
  ]
}

/** The last column stays free: some terminals wrap when it is written. */
function widthOf({ columns }: View): number {
  return Math.max(1, columns - 1)
}

/**
 * Formats a running node. If there is too little space, the least important parts are dropped first; the end of the
 * name, which is the platform, and the time last.
 */
function renderNode(node: RunningNode, view: View): string {
  const { paint, now } = view
  const elapsed = `  ${formatDuration(Math.max(0, now - node.startedAt), 'whole')}`
  const room = Math.max(1, widthOf(view) - elapsed.length)
  const verb = room >= WORD_WIDTH + node.node.length + 2 + MIN_STEP ? 'making'.padEnd(WORD_WIDTH) : ''
  const name = cliTruncate(node.node, room - verb.length, { position: 'start' })
  const middle = details(node, now, room - verb.length - name.length - GAP.length)
  const line = `${paint('cyan', verb)}${name}${middle === '' ? '' : `${GAP}${middle}`}${paint('dim', elapsed)}`
  return cliTruncate(line, widthOf(view))
}

const GAP = '  '

/** Fits the width: shortens the step, then omits the builder, then the transfer. */
function details(node: RunningNode, now: number, room: number): string {
  const [step, place] = [stepText(node), placeText(node)]
  const moving = [...(node.doing === undefined ? [] : [escapeLine(node.doing)]), ...traffic(node, now)].join(GAP)
  const flexible = step ?? moving
  const beside = step === undefined ? '' : moving
  const least = Math.min(MIN_STEP, stringWidth(flexible))
  for (const [before = '', after] of [
    [place, beside],
    [undefined, beside],
    [undefined, ''],
  ] as const) {
    const others = [before, after].filter((part) => part !== '')
    const left = room - others.reduce((sum, part) => sum + stringWidth(part) + GAP.length, 0)
    if (left >= least) return [before, cliTruncate(flexible, left), after].filter((part) => part !== '').join(GAP)
  }
  return ''
}

function placeText({ execution, engine }: RunningNode): string | undefined {
  return engine === undefined ? execution : `${execution} on ${escapeLine(engine)}`
}

function stepText({ steps }: RunningNode): string | undefined {
  const names = [...steps.values()]
  const more = names.length > 1 ? ` (and ${names.length - 1} more)` : ''
  const last = names.at(-1)
  return last === undefined ? undefined : `${escapeLine(last)}${more}`
}

function traffic(node: RunningNode, now: number): readonly string[] {
  return (['up', 'down'] as const).flatMap((direction) => {
    const flow = node.traffic.flow(direction, now)
    // A complete transfer is omitted in favour of the current step.
    const isOver = flow.bytes === flow.total && node.steps.size > 0
    return flow.bytes === 0 || isOver ? [] : [`${direction} ${flowText(flow)}`]
  })
}

function flowText({ bytes, total, rate }: Flow): string {
  const size = total === undefined ? formatBytes(bytes) : shareText(bytes, total)
  if (rate === undefined || rate === 0 || bytes === total) return size
  const left = total === undefined ? '' : `, ${formatDuration(Math.ceil((total - bytes) / rate) * 1000, 'whole')} left`
  return `${size}, ${formatBytes(rate)}/s${left}`
}

/** `4.0 of 8.0 MB`, `800.0 kB of 8.0 MB`. */
function shareText(bytes: number, total: number): string {
  const [some, all] = [formatBytes(bytes), formatBytes(total)]
  const [value, unit] = some.split(' ')
  return `${all.endsWith(` ${unit}`) ? value : some} of ${all}`
}

function summary(state: ProgressState, view: View): string {
  const { now, paint } = view
  const elapsed = `  ${formatDuration(now - state.startedAt, 'whole')}`
  const room = widthOf(view) - elapsed.length
  const parts = [
    ...(state.isStopping ? [paint('yellow', 'stopping (press Ctrl-C again to exit immediately)')] : []),
    state.plan.size === 0 ? 'planning' : paint('bold', countsText(state, paint)),
  ]
  const text = cliTruncate(parts.join(GAP), Math.max(1, room))
  const [engine, ...others] = state.engines
  const place = engine === undefined || others.length > 0 ? '' : `${GAP}on ${escapeLine(engine)}`
  const isRoom = stringWidth(text) + stringWidth(place) <= room
  return cliTruncate(`${text}${paint('dim', `${isRoom ? place : ''}${elapsed}`)}`, widthOf(view))
}

function countsText({ made, total, running, reused, failed }: ProgressState, paint: Paint): string {
  return [
    `${made} of ${total} made`,
    `${running.size} running`,
    `${reused} reused`,
    ...(failed > 0 ? [paint('red', `${failed} failed`)] : []),
  ].join(', ')
}
