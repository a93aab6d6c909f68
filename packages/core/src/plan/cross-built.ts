import type { Node } from '../graph/node.js'
import { type Reference, repositoryOf } from '../model/reference.js'
import { readTriggers } from '../steps/image/triggers.js'
import type { StepCall, StepServices } from '../steps/step.js'
import type { NodeState } from './evaluate.js'

/**
 * Finds the images whose builds run programs of the builder's platform only: their Dockerfiles have `RUN` only in stages
 * for it, and no image that another stage is based on has triggers (`ONBUILD`) that run one.
 *
 * @returns the ids of their nodes.
 * @throws CancelledError
 */
export async function findCrossBuilt(
  nodes: readonly Node[],
  states: ReadonlyMap<string, NodeState>,
  services: Pick<StepServices, 'upstream'>,
  call: StepCall,
): Promise<ReadonlySet<string>> {
  const found = await Promise.all(
    nodes.map(async (node) => {
      const state = states.get(node.id)
      if (node.kind !== 'image' || !state?.resolved.runsOnBuilderOnly) return []
      const base = states.get(node.base)
      const named = node.pipelineImages.map(({ decidedBy }) => states.get(decidedBy)?.node)
      if (base === undefined || [base.node, ...named].some(mayHaveOtherTriggers)) return []
      const images = [...base.resolved.upstream, ...state.resolved.upstream]
      const references = images.map(({ name, image }) => ({ ...repositoryOf(name), digest: image }))
      const triggered = await Promise.all(references.map((one) => runsTriggers(one, services, call)))
      return triggered.includes(true) ? [] : [node.id]
    }),
  )
  return new Set(found.flat())
}

/**
 * Whether a stage may be based on a result of the run with triggers from its Dockerfile. What another pipeline makes is used
 * as an index in stages for the builder's platform, where triggers run natively, and else as the image of the platform.
 */
function mayHaveOtherTriggers(node: Node | undefined): boolean {
  if (node?.kind === 'base') return node.source.kind === 'pipeline'
  return node?.kind !== 'index'
}

/** Whether an image has triggers that run a program, or cannot be read. Stages for the builder's platform use an index. */
async function runsTriggers(
  image: Reference,
  services: Pick<StepServices, 'upstream'>,
  call: StepCall,
): Promise<boolean> {
  const triggers = await readTriggers(image, services, call)
  if (triggers === 'index') return false
  return triggers === undefined || triggers.some((trigger) => /^\s*RUN\b/i.test(trigger))
}
