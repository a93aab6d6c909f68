import type { Node } from '../graph/node.js'
import { baseIndexStep } from './base-index-step.js'
import { baseStep } from './base-step.js'
import { imageStep } from './image-step.js'
import { indexStep } from './index-step.js'
import type { Finding, Inputs, Output, Step, StepCall, World } from './step.js'

/** A node whose outside facts are known. */
export interface ResolvedNode {
  readonly node: Node
  /** Computes the key and looks whether the result is there. Needs the results named in `decidedBy`. */
  consider(inputs: Inputs, call: StepCall): Promise<ConsideredNode>
}

/** A node of which it is known whether its result is there. */
export interface ConsideredNode {
  readonly key: string
  readonly finding: Finding
  /** Makes the result. Needs those named in `needs`. */
  perform(inputs: Inputs, call: StepCall): Promise<Output>
}

/** Runs the reading half of a node's step. */
export function resolveNode(node: Node, world: World, call: StepCall): Promise<ResolvedNode> {
  switch (node.kind) {
    case 'base':
      return resolveWith(baseStep, node, world, call)
    case 'base-index':
      return resolveWith(baseIndexStep, node, world, call)
    case 'image':
      return resolveWith(imageStep, node, world, call)
    case 'index':
      return resolveWith(indexStep, node, world, call)
  }
}

async function resolveWith<N extends Node, Resolved>(
  step: Step<N, Resolved>,
  node: N,
  world: World,
  call: StepCall,
): Promise<ResolvedNode> {
  const resolved = await step.resolve(node, world, call)
  return {
    node,
    consider: async (inputs, considerCall) => {
      const key = step.key(node, resolved, inputs)
      const finding = await step.lookup({ node, resolved, inputs, key }, world, considerCall)
      return {
        key,
        finding,
        perform: (complete, performCall) => step.perform({ node, resolved, inputs: complete, key }, world, performCall),
      }
    },
  }
}
