import type { Node } from '../graph/node.js'
import type { PlanReason } from '../model/run/plan-reason.js'
import { baseStep } from './base/base-step.js'
import { imageStep } from './image/image-step.js'
import { baseIndexStep } from './index/base-index-step.js'
import { indexStep } from './index/index-step.js'
import type { PublishedState } from './published-state.js'
import type {
  Inputs,
  LookupResult,
  Output,
  PerformCall,
  Step,
  StepCall,
  StepServices,
  UnpinnedContent,
  UpstreamImage,
} from './step.js'
import { testStep } from './test/test-step.js'

/** A resolved node. */
export interface ResolvedNode {
  readonly node: Node
  readonly unpinned: UnpinnedContent | undefined
  /** The upstream images that its result is made from. */
  readonly upstream: readonly UpstreamImage[]
  /** Whether making it runs programs of the builder's platform only, apart from triggers (`ONBUILD`) of upstream images. */
  readonly runsOnBuilderOnly: boolean
  /** The `needs` whose results are part of its key. */
  readonly decidedBy: readonly string[]
  /** Computes the key. Pure; needs the results named in `decidedBy`. */
  evaluate(inputs: Inputs, circumstances?: EvaluationContext): KeyedNode
}

/** The published result that corresponds to a node, and whether it may be reused. */
export interface EvaluationContext {
  readonly previous?: PublishedState
  readonly force?: boolean
}

/** A node with its key. */
export interface KeyedNode {
  readonly key: string
  /** The result, existing or not, if its bytes can be computed from the resolved inputs. */
  readonly predicted: Output | undefined
  /** Checks whether the result exists. */
  lookup(call: StepCall): Promise<LookupResult>
  /** Compares the lock with the registry. */
  verify(call: StepCall): Promise<void>
  /** Explains how it differs from the previous result. */
  explain(call: StepCall): Promise<readonly PlanReason[]>
  /** Makes the result. Requires those named in `needs`. */
  perform(inputs: Inputs, call: PerformCall): Promise<Output>
}

/** Resolves a node by its step. */
export function resolveNode(node: Node, services: StepServices, call: StepCall): Promise<ResolvedNode> {
  switch (node.kind) {
    case 'base':
      return resolveWith(baseStep, node, services, call)
    case 'base-index':
      return resolveWith(baseIndexStep, node, services, call)
    case 'image':
      return resolveWith(imageStep, node, services, call)
    case 'test':
      return resolveWith(testStep, node, services, call)
    case 'index':
      return resolveWith(indexStep, node, services, call)
  }
}

async function resolveWith<N extends Node, Resolved>(
  step: Step<N, Resolved>,
  node: N,
  services: StepServices,
  call: StepCall,
): Promise<ResolvedNode> {
  const resolved = await step.resolve(node, services, call)
  const unpinned = step.unpinned?.(node, resolved)
  return {
    node,
    unpinned,
    upstream: step.upstream?.(node, resolved) ?? [],
    runsOnBuilderOnly: step.runsOnBuilderOnly?.(resolved) ?? false,
    decidedBy: step.decidedBy?.(node, resolved) ?? node.needs,
    evaluate(inputs, { previous = {}, force: forced = false } = {}) {
      const force = forced || (unpinned?.remade ?? false)
      const keyed = { node, resolved, inputs, key: step.key(node, resolved, inputs), previous, force }
      const work = { ...keyed, predicted: step.predict?.(keyed) }
      return {
        key: work.key,
        predicted: work.predicted,
        lookup: async (lookupCall) => (force ? { state: 'absent' } : step.lookup(work, services, lookupCall)),
        verify: async (verifyCall) => step.verify?.(work, services, verifyCall),
        explain: async (explainCall) => {
          if (forced) return [{ kind: 'forced' }]
          if (unpinned?.remade) return [{ kind: 'unpinned', sources: unpinned.sources }]
          return step.explain(work, services, explainCall)
        },
        perform: (complete, performCall) => step.perform({ ...keyed, inputs: complete }, services, performCall),
      }
    },
  }
}
