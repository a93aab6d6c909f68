import {
  type ExecuteOptions,
  execute,
  type Pipeline,
  type PlanOptions,
  PolyarchError,
  plan,
  type RunEvent,
} from '@polyarch/core'

/** Returns what a run would do, a line for each node, name and error. */
export async function preview(app: Pipeline, options: PlanOptions): Promise<readonly string[]> {
  const { nodes, tags, errors } = await plan(app, options)
  return [
    ...nodes.map(({ node, action, reason }) => `${node}: ${action}, ${reason}`),
    ...tags.map(({ reference, action }) => `${reference}: ${action}`),
    ...errors.map(({ code, message }) => `${code}: ${message}`),
  ]
}

/** Builds and publishes. Returns the digests that the tags point to, by tag; or a sentence that says why there are none. */
export async function publish(app: Pipeline, options: ExecuteOptions): Promise<ReadonlyMap<string, string> | string> {
  try {
    const { tags } = await execute(app, { ...options, onEvent: print })
    return new Map(tags.map(({ reference, to }) => [reference, to]))
  } catch (error) {
    // Any other error is a bug.
    if (!(error instanceof PolyarchError)) throw error
    return `${error.code}: ${error.message}${error.hint === undefined ? '' : `; ${error.hint}`}`
  }
}

function print(event: RunEvent): void {
  if (event.kind === 'node-started') console.log(`${event.node} has started`)
  if (event.kind === 'tag-moved') console.log(`${event.change.reference} is ${event.change.to}`)
}
