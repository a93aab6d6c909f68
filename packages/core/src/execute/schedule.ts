import type { Node } from '../graph/node.js'
import { CancelledError } from '../model/errors.js'
import { combineFailures } from './failures.js'

/** Input of the scheduler. */
export interface Schedule {
  /** In any order; needs that exist already may be omitted. */
  readonly nodes: readonly Node[]
  readonly signal?: AbortSignal | undefined
  /** Whether other nodes continue after a failure; `run` skips those that need it. */
  readonly keepGoing?: boolean
  /** Performs one node; its signal fires if another node failed. */
  run(node: Node, signal: AbortSignal): Promise<void>
}

/**
 * Runs each node as soon as all its needs are done. The first failure cancels running nodes and starts no others,
 * unless `keepGoing` is set.
 *
 * @throws the first failure, or all of them combined; CancelledError if the given signal fired
 */
export async function runSchedule({ nodes, signal: outer, keepGoing = false, run }: Schedule): Promise<void> {
  const stop = new AbortController()
  const signal = outer === undefined ? stop.signal : AbortSignal.any([outer, stop.signal])
  const done = new Map<string, Promise<void>>()
  const failures: unknown[] = []

  async function runOne(node: Node): Promise<void> {
    await Promise.all(node.needs.map((need) => done.get(need)))
    if (signal.aborted) return
    try {
      await run(node, signal)
    } catch (error) {
      failures.push(error)
      if (!keepGoing) stop.abort(error)
    }
  }

  for (const node of sortByNeeds(nodes)) done.set(node.id, runOne(node))
  await Promise.all(done.values())
  if (outer?.aborted) throw new CancelledError(outer.reason)
  if (failures.length > 0) throw keepGoing ? combineFailures(failures) : failures[0]
}

/** Sorts nodes after those that they need, whose promises must exist first. */
function sortByNeeds(nodes: readonly Node[]): readonly Node[] {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const sorted = new Set<Node>()
  const visit = (node: Node | undefined) => {
    if (node === undefined || sorted.has(node)) return
    for (const need of node.needs) visit(byId.get(need))
    sorted.add(node)
  }
  for (const node of nodes) visit(node)
  return [...sorted]
}
