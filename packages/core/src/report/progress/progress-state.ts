import type { EngineUse } from '../../model/run/engine-use.js'
import type { RunEvent, WorkEvent } from '../../model/run/events.js'
import { isChange, type NodePlan } from '../../model/run/plan.js'
import { codeText, isAsDeclared, membershipText, movedText, readBackText } from '../event-text.js'
import { Traffic } from './traffic.js'

/** A node that is being made. */
export interface RunningNode {
  readonly node: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly execution?: NodePlan['execution']
  /** The builder that builds it, if the run has several; a single builder is named once, at the bottom. */
  readonly engine?: string
  /** Steps of the Dockerfile that have started and not ended, by BuildKit's digest. */
  readonly steps: Map<string, string>
  readonly traffic: Traffic
  /** Its secondary activity, such as waiting for a registry. */
  doing: string | undefined
}

/** A line that stays above the live ones. */
export interface FinishedLine {
  readonly outcome:
    | 'made'
    | 'passed'
    | 'verified'
    | 'reused'
    | 'failed'
    | 'skipped'
    | 'note'
    | 'warning'
    | 'moved'
    | 'signed'
    | 'loaded'
    | 'wrote'
  readonly text: string
  /** How long it took, in milliseconds. */
  readonly duration?: number
}

/** State of a live view: plain data, made from events only. */
export interface ProgressState {
  readonly startedAt: number
  readonly running: Map<string, RunningNode>
  /** Lines that have not been written yet. */
  readonly finished: FinishedLine[]
  /** Nodes of the plan, by id; empty until there is a plan. */
  readonly plan: Map<string, NodePlan>
  /** The builders of the run, if something must be built. */
  engines: readonly string[]
  /** Number of nodes that will or may have to be made. */
  total: number
  made: number
  reused: number
  failed: number
  isStopping: boolean
}

/** The state before the first event. */
export function initialState(startedAt: number): ProgressState {
  return {
    startedAt,
    running: new Map(),
    finished: [],
    plan: new Map(),
    engines: [],
    total: 0,
    made: 0,
    reused: 0,
    failed: 0,
    isStopping: false,
  }
}

/** Applies one event. Changes the state in place: there may be thousands of events a second. */
export function advance(state: ProgressState, event: RunEvent): void {
  switch (event.kind) {
    case 'planned':
      for (const node of event.plan.nodes) state.plan.set(node.node, node)
      state.engines = (event.plan.engines ?? []).map(({ engine }) => engine)
      state.total = event.plan.nodes.filter(isChange).length
      for (const text of event.plan.notes) state.finished.push({ outcome: 'note', text })
      return
    case 'node-started':
      state.running.set(event.node, startNode(event, event.at, state))
      return
    case 'node-reassigned':
      move(state, event)
      return
    case 'node-reused':
      state.reused += 1
      if (state.running.has(event.node)) finish(state, event, 'reused', event.node)
      return
    case 'node-finished':
      state.made += 1
      finish(state, event, state.plan.get(event.node)?.kind === 'test' ? 'passed' : 'made', event.node)
      return
    case 'node-failed':
      state.failed += 1
      finish(state, event, 'failed', `${event.node}: ${event.error.message.split('\n', 1)[0]}`)
      return
    case 'node-skipped':
      finish(state, event, 'skipped', `${event.node}: ${event.because}`)
      return
    case 'work':
      work(state, event.node, event.event, event.at)
      return
    default:
      if (event.kind === 'builder-joined' && !state.engines.includes(event.engine))
        state.engines = [...state.engines, event.engine]
      state.finished.push(...lineOf(event))
  }
}

/** Events of one node, and the plan: they change the state beyond its lines. */
type StateEvent = Extract<RunEvent, { readonly kind: 'planned' | 'work' | `node-${string}` }>

function lineOf(event: Exclude<RunEvent, StateEvent>): readonly FinishedLine[] {
  switch (event.kind) {
    case 'builder-joined':
    case 'builder-left':
      return [{ outcome: 'note', text: membershipText(event) }]
    case 'tag-moved':
      return [{ outcome: 'moved', text: event.change.reference }]
    case 'signed':
      return [{ outcome: 'signed', text: event.reference }]
    case 'loaded':
      return [{ outcome: 'loaded', text: event.reference }]
    case 'read-back':
      return [{ outcome: 'verified', text: `${event.node}: ${readBackText(event)}` }]
    case 'output-written':
      return [{ outcome: 'wrote', text: event.dest }]
    case 'tag-kept':
    case 'tag-not-moved':
    case 'signature-kept':
    case 'run-finished':
      return []
    default:
      return event satisfies never
  }
}

function startNode(
  { node, engine, execution: given }: { readonly node: string } & Partial<EngineUse>,
  startedAt: number,
  { plan, engines }: ProgressState,
): RunningNode {
  const execution = given ?? plan.get(node)?.execution
  return {
    node,
    startedAt,
    ...(execution && { execution }),
    ...(engine && engines.length > 1 && { engine }),
    steps: new Map(),
    traffic: new Traffic(),
    doing: undefined,
  }
}

function move(state: ProgressState, event: Extract<RunEvent, { readonly kind: 'node-reassigned' }>): void {
  const startedAt = state.running.get(event.node)?.startedAt ?? event.at
  state.running.set(event.node, startNode(event, startedAt, state))
  state.finished.push({ outcome: 'warning', text: movedText(event) })
}

function finish(
  state: ProgressState,
  { node, at }: { readonly node: string; readonly at: number },
  outcome: FinishedLine['outcome'],
  text: string,
): void {
  const startedAt = state.running.get(node)?.startedAt
  state.running.delete(node)
  state.finished.push({ outcome, text, ...(startedAt !== undefined && { duration: at - startedAt }) })
}

function work(state: ProgressState, id: string, event: WorkEvent, at: number): void {
  if (event.kind === 'build-warning') {
    const place = event.line === undefined ? '' : ` (Dockerfile line ${event.line})`
    state.finished.push({ outcome: 'warning', text: `${id}: ${event.message}${place}` })
    return
  }
  if (event.kind === 'code-checked') {
    if (!isAsDeclared(event)) state.finished.push({ outcome: 'warning', text: `${id}: ${codeText(event)}` })
    return
  }
  const node = state.running.get(id)
  if (node === undefined) return
  switch (event.kind) {
    case 'build-step':
      if (event.status === 'started') node.steps.set(event.step, event.name)
      else node.steps.delete(event.step)
      return
    case 'transfer':
      node.doing = undefined
      node.traffic.ofRegistry(event, at)
      return
    case 'engine-transfer':
      node.traffic.ofEngine(event, at)
      return
    case 'rootfs-progress':
      node.doing = event.message ?? event.phase
      return
    case 'registry-retry':
      node.doing = `${event.reason}, retry in ${Math.ceil(event.delay / 1000)} s`
      return
    case 'build-log':
    case 'layers':
    case 'note':
      return
    default:
      event satisfies never
      return
  }
}
