import type { Node } from '../graph/node.js'
import type { PlanReason } from '../model/run/plan-reason.js'
import { baseIndexStep } from './index/base-index-step.js'
import { baseStep } from './base/base-step.js'
import type { Former } from './published-state.js'
import { imageStep } from './image/image-step.js'
import { indexStep } from './index/index-step.js'
import type { Finding, Inputs, Output, PerformCall, Step, StepCall, Volatility, World } from './step.js'

/** A node whose outside facts are known. */
export interface ResolvedNode {
  readonly node: Node
  readonly volatile: Volatility | undefined
  /** Those of the node's `needs` whose results are part of its key: with these known, it is known whether it is there already. */
  readonly decidedBy: readonly string[]
  /** Computes the key. Pure; needs the results named in `decidedBy`. */
  consider(inputs: Inputs, circumstances?: Circumstances): ConsideredNode
}

/** What is published in the place of a result, and whether that may serve. */
export interface Circumstances {
  readonly former?: Former
  readonly anew?: boolean
}

/** A node of which it is known what decides it. */
export interface ConsideredNode {
  readonly key: string
  /** What the result is, there or not, where its bytes follow from what is known. */
  readonly predicted: Output | undefined
  /** Looks whether the result is there. */
  lookup(call: StepCall): Promise<Finding>
  /** Compares what the lock says with the registry. */
  verify(call: StepCall): Promise<void>
  /** Says how it differs from the former result. */
  explain(call: StepCall): Promise<readonly PlanReason[]>
  /** Makes the result. Needs those named in `needs`. */
  perform(inputs: Inputs, call: PerformCall): Promise<Output>
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
  const volatile = step.volatile?.(node, resolved)
  return {
    node,
    volatile,
    decidedBy: step.decidedBy?.(node, resolved) ?? node.needs,
    consider(inputs, { former = {}, anew: forced = false } = {}) {
      const anew = forced || (volatile?.remade ?? false)
      const work = { node, resolved, inputs, key: step.key(node, resolved, inputs), former, anew }
      return {
        key: work.key,
        predicted: step.predict?.(work),
        lookup: async (lookupCall) => (anew ? { state: 'absent' } : step.lookup(work, world, lookupCall)),
        verify: async (verifyCall) => step.verify?.(work, world, verifyCall),
        explain: async (explainCall) => {
          if (forced) return [{ kind: 'forced' }]
          if (volatile?.remade) return [{ kind: 'volatile', sources: volatile.sources }]
          return step.explain(work, world, explainCall)
        },
        perform: (complete, performCall) => step.perform({ ...work, inputs: complete }, world, performCall),
      }
    },
  }
}
