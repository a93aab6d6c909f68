import type { ErrorData } from '../../model/error-data.js'
import type { LayersEvent, RunEvent, WorkEvent } from '../../model/run/events.js'
import type { NodePlan, Plan } from '../../model/run/plan.js'
import { type NodeReport, type Report, reportOf } from '../report.js'
import { StepLog, type StepRecord } from './log-record.js'

/** A blob or layer that was transferred while a node was made. */
export interface MovedBlob {
  readonly name: string
  readonly how: 'upload' | 'download' | 'mount' | 'push' | 'pull'
  /** In bytes. */
  readonly size: number
}

/** Layers of an image. */
export type ImageLayers = Omit<LayersEvent, 'kind'>

/** A node in a report. */
export interface NodeRecord extends NodeReport {
  readonly plan: NodePlan
  /** Milliseconds since the epoch. */
  readonly startedAt?: number
  readonly endedAt?: number
  /** Why it was omitted. */
  readonly because?: string
  readonly steps: readonly StepRecord[]
  readonly warnings: readonly string[]
  readonly moved: readonly MovedBlob[]
  /** Layers of an image, if the events contain them. */
  readonly layers?: ImageLayers
  /** Whether it delayed the end of the run. */
  readonly isCritical: boolean
}

/** Everything that a report shows. Plain data, made from the run's events only. */
export interface RunRecord extends Omit<Report, 'nodes'> {
  readonly nodes: readonly NodeRecord[]
  readonly plan: Plan | undefined
  readonly startedAt: number | undefined
  readonly endedAt: number | undefined
  readonly error: ErrorData | undefined
  readonly retries: number
  /** Whether the events stop before the end of the run, as those of a killed run do. */
  readonly isCut: boolean
  /** Files and directories that results were written to. */
  readonly outputs: readonly Extract<RunEvent, { readonly kind: 'output-written' }>[]
  /** Tags that a failed run did not move, with their last read state. */
  readonly unmoved: readonly UnmovedName[]
}

/** A name that did not move; `holds` is missing if it does not exist, or could not be read. */
export type UnmovedName = Omit<Extract<RunEvent, { readonly kind: 'tag-not-moved' }>, 'kind' | 'at'>

class NodeWork {
  readonly steps = new Map<string, StepLog>()
  readonly warnings: string[] = []
  readonly moved = new Map<string, MovedBlob>()
  layers: ImageLayers | undefined

  add(event: WorkEvent): void {
    switch (event.kind) {
      case 'build-step': {
        const step = this.#step(event.step, event.name)
        step.name = event.name
        step.status = event.status
        return
      }
      case 'build-log':
        this.#step(event.step, 'output').add(event.text)
        return
      case 'build-warning':
        this.warnings.push(`${event.message}${event.line === undefined ? '' : ` (Dockerfile line ${event.line})`}`)
        return
      case 'transfer':
        this.#move(event.digest, event.direction, event.total ?? event.bytes)
        return
      case 'engine-transfer':
        this.#move(event.layer, event.direction, event.total ?? event.bytes ?? 0)
        return
      case 'layers':
        this.layers = { config: event.config, layers: event.layers }
        return
      case 'registry-retry':
      case 'rootfs-progress':
      case 'code-checked':
      case 'note':
        return
      default:
        event satisfies never
        return
    }
  }

  #step(id: string, name: string): StepLog {
    const step = this.steps.get(id) ?? new StepLog(name)
    this.steps.set(id, step)
    return step
  }

  #move(name: string, how: MovedBlob['how'], size: number): void {
    const before = this.moved.get(`${how} ${name}`)
    this.moved.set(`${how} ${name}`, { name, how, size: Math.max(size, before?.size ?? 0) })
  }
}

/** Collects the record of a run from its events, in bounded memory per step. */
export class RunRecorder {
  /** All events except logs and transfers. */
  readonly #events: RunEvent[] = []
  readonly #work = new Map<string, NodeWork>()
  #startedAt: number | undefined
  #endedAt: number | undefined
  #retries = 0

  add(event: RunEvent): void {
    this.#startedAt ??= event.at
    this.#endedAt = event.at
    if (event.kind !== 'work') {
      this.#events.push(event)
      return
    }
    if (event.event.kind === 'registry-retry') this.#retries += 1
    if (event.event.kind === 'code-checked') this.#events.push(event)
    const work = this.#work.get(event.node) ?? new NodeWork()
    this.#work.set(event.node, work)
    work.add(event.event)
  }

  record(): RunRecord {
    const events = this.#events
    const report = reportOf(events)
    const plan = events.find((event) => event.kind === 'planned')?.plan
    const planned = new Map(plan?.nodes.map((node) => [node.node, node]))
    const nodes = report.nodes.flatMap((node) => {
      const own = planned.get(node.node)
      return own === undefined ? [] : [this.#nodeRecord(node, own)]
    })
    const critical = criticalPath(nodes)
    return {
      ...report,
      nodes: nodes.map((node) => ({ ...node, isCritical: critical.has(node.node) })),
      plan,
      startedAt: this.#startedAt,
      endedAt: this.#endedAt,
      error: events.find((event) => event.kind === 'run-finished')?.error,
      retries: this.#retries,
      isCut: !events.some((event) => event.kind === 'run-finished'),
      outputs: events.flatMap((event) => (event.kind === 'output-written' ? [event] : [])),
      unmoved: events.filter((event) => event.kind === 'tag-not-moved'),
    }
  }

  #nodeRecord(node: NodeReport, plan: NodePlan): NodeRecord {
    const own = this.#events.filter((event) => 'node' in event && event.node === node.node)
    const startedAt = own.find(({ kind }) => kind === 'node-started')?.at
    const endedAt = startedAt === undefined ? undefined : own.findLast(({ kind }) => kind !== 'node-started')?.at
    const because = own.find((event) => event.kind === 'node-skipped')?.because
    const work = this.#work.get(node.node)
    return {
      ...node,
      plan,
      ...(startedAt !== undefined && { startedAt }),
      ...(endedAt !== undefined && { endedAt }),
      ...(because !== undefined && { because }),
      steps: [...(work?.steps.values() ?? [])].map((step) => step.record()),
      warnings: work?.warnings ?? [],
      moved: [...(work?.moved.values() ?? [])],
      ...(work?.layers && { layers: work.layers }),
      isCritical: false,
    }
  }
}

/** The critical path: from the failed or last node back through the needs that ended last. */
export function criticalPath(
  nodes: readonly Pick<NodeRecord, 'node' | 'outcome' | 'startedAt' | 'endedAt' | 'plan'>[],
): ReadonlySet<string> {
  const timed = new Map(nodes.flatMap((node) => (node.endedAt === undefined ? [] : [[node.node, node] as const])))
  const last = (candidates: Iterable<string>) =>
    [...candidates]
      .flatMap((id) => timed.get(id) ?? [])
      .reduce<(typeof nodes)[number] | undefined>(
        (best, one) => ((one.endedAt ?? 0) > (best?.endedAt ?? -1) ? one : best),
        undefined,
      )
  const path = new Set<string>()
  const failed = nodes.filter(({ outcome }) => outcome === 'failed').map(({ node }) => node)
  for (
    let one = last(failed) ?? last(timed.keys());
    one !== undefined && !path.has(one.node);
    one = last(one.plan.needs)
  ) {
    path.add(one.node)
  }
  return path
}
