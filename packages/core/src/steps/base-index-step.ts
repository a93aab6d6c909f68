import type { BaseIndexNode } from '../graph/node.js'
import { explainIndex, indexKey, lookupIndex, performIndex, predictIndex } from './index-manifest.js'
import type { Step } from './step.js'

/** The shared base index. Always an OCI index: it is what builds pull, and every engine with BuildKit reads it. */
export const baseIndexStep: Step<BaseIndexNode, undefined> = {
  resolve: async () => undefined,
  key: (node, _resolved, inputs) => indexKey(node, inputs, 'oci'),
  predict: (work) => predictIndex(work, 'oci'),
  lookup: (work, world, call) => lookupIndex(work, 'oci', world, call),
  explain: explainIndex,
  perform: (work, world, call) => performIndex(work, 'oci', world, call),
}
