import type { BaseIndexNode } from '../../graph/node.js'
import { explainIndex, indexKey, lookupIndex, performIndex, predictIndex } from './index-manifest.js'
import type { Step } from '../step.js'

const FORM = { format: 'oci' } as const

/** The shared base index. Always an OCI index: it is what builds pull, and every engine with BuildKit reads it. */
export const baseIndexStep: Step<BaseIndexNode, undefined> = {
  resolve: async () => undefined,
  key: (node, _resolved, inputs) => indexKey(node, inputs, FORM),
  predict: (work) => predictIndex(work, FORM),
  lookup: (work, world, call) => lookupIndex(work, FORM, world, call),
  explain: explainIndex,
  perform: (work, world, call) => performIndex(work, FORM, world, call),
}
