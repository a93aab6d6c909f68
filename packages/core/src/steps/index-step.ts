import type { IndexNode } from '../graph/node.js'
import { explainIndex, indexKey, lookupIndex, performIndex, predictIndex } from './index-manifest.js'
import type { Step } from './step.js'

/** The final index, in the format that the pipeline asks for. */
export const indexStep: Step<IndexNode, undefined> = {
  resolve: async () => undefined,
  key: (node, _resolved, inputs) => indexKey(node, inputs, node.format),
  predict: (work) => predictIndex(work, work.node.format),
  lookup: (work, world, call) => lookupIndex(work, work.node.format, world, call),
  explain: explainIndex,
  perform: (work, world, call) => performIndex(work, work.node.format, world, call),
}
