import cliTruncate from 'cli-truncate'
import type { Paint, Style } from '../paint.js'
import { oneLine } from '../plain-words.js'
import { formatBytes, formatDuration } from '../units.js'
import type { FinishedLine, ProgressState, RunningNode } from './progress-state.js'
import type { Flow } from './traffic.js'

/** What there is to draw on, and when. */
export interface View {
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly columns: number
  readonly rows: number
  readonly paint: Paint
}

const STYLES: Readonly<Record<FinishedLine['outcome'], Style>> = {
  made: 'green',
  reused: 'dim',
  failed: 'red',
  'left out': 'yellow',
  note: 'cyan',
  warning: 'yellow',
  moved: 'green',
  loaded: 'green',
}

/** Outcomes are words, so that nothing is told by colour alone. */
const WORD_WIDTH = 9

/** A line that stays: whole, because it is read later too. */
export function renderFinished({ outcome, text, duration }: FinishedLine, { paint }: Pick<View, 'paint'>): string {
  const took = duration === undefined ? '' : paint('dim', `  ${formatDuration(duration)}`)
  return `${paint(STYLES[outcome], outcome.padEnd(WORD_WIDTH))}${oneLine(text)}${took}`
}

/** The live lines: one for each running node, and the state of the graph. None is wider than the terminal. */
export function renderLive(state: ProgressState, view: View): readonly string[] {
  const nodes = [...state.running.values()]
  const room = Math.max(1, view.rows - 3)
  const shown = nodes.length > room ? nodes.slice(0, room - 1) : nodes
  const hidden = nodes.length - shown.length
  return [
    ...shown.map((node) => renderNode(node, view)),
    ...(hidden > 0 ? [view.paint('dim', `${' '.repeat(WORD_WIDTH)}and ${hidden} more`)] : []),
    fit(summary(state, view), view),
  ]
}

/** The last column stays free: some terminals wrap when it is written. */
function fit(text: string, { columns }: View): string {
  return cliTruncate(text, Math.max(1, columns - 1))
}

/** What is least needed gives way first: the step is cut, so that name and time stay. */
function renderNode(node: RunningNode, view: View): string {
  const { paint, now, columns } = view
  const head = `${'making'.padEnd(WORD_WIDTH)}${node.node}`
  const elapsed = `  ${formatDuration(Math.max(0, now - node.startedAt), 'whole')}`
  const room = columns - 1 - head.length - elapsed.length
  const details = [placeText(node), ...doings(node), ...traffic(node, now)].filter((part) => part !== undefined)
  const middle = room > 6 && details.length > 0 ? cliTruncate(`  ${details.join('  ')}`, room) : ''
  return fit(
    `${paint('cyan', head.slice(0, WORD_WIDTH))}${head.slice(WORD_WIDTH)}${middle}${paint('dim', elapsed)}`,
    view,
  )
}

function placeText({ execution, engine }: RunningNode): string | undefined {
  return engine === undefined ? execution : `${execution} on ${oneLine(engine)}`
}

function doings({ steps, doing }: RunningNode): readonly string[] {
  const names = [...steps.values()]
  const more = names.length > 1 ? ` (and ${names.length - 1} more)` : ''
  const last = names.at(-1)
  return [...(last === undefined ? [] : [`${oneLine(last)}${more}`]), ...(doing === undefined ? [] : [oneLine(doing)])]
}

function traffic(node: RunningNode, now: number): readonly string[] {
  return (['up', 'down'] as const).flatMap((way) => {
    const flow = node.traffic.flow(way, now)
    return flow.bytes === 0 ? [] : [`${way} ${flowText(flow)}`]
  })
}

function flowText({ bytes, total, rate }: Flow): string {
  const size =
    total === undefined || total < bytes ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(total)}`
  if (rate === undefined || rate === 0 || bytes === total) return size
  const left =
    total === undefined || total < bytes ? '' : `, ${formatDuration(((total - bytes) / rate) * 1000, 'whole')} left`
  return `${size}, ${formatBytes(rate)}/s${left}`
}

function summary(state: ProgressState, { now, paint }: View): string {
  const elapsed = formatDuration(now - state.startedAt, 'whole')
  const stopping = state.isStopping ? `${paint('yellow', 'stopping (Ctrl-C again to leave at once)')}  ` : ''
  if (state.plan.size === 0) return `${stopping}planning  ${paint('dim', elapsed)}`
  const counts = [
    `${state.made} of ${state.total} made`,
    `${state.running.size} running`,
    `${state.reused} reused`,
    ...(state.failed > 0 ? [paint('red', `${state.failed} failed`)] : []),
  ]
  return `${stopping}${paint('bold', counts.join(', '))}  ${paint('dim', elapsed)}`
}
