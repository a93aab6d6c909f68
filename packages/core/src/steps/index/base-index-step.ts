import type { BaseIndexNode } from '../../graph/node.js'
import type { Step } from '../step.js'
import { explainIndex, indexKey, lookupIndex, performIndex, predictIndex } from './index-manifest.js'

const FORM = { format: 'oci' } as const

/** The shared base index. Always an OCI index: builds pull it, and every BuildKit supports it. */
export const baseIndexStep: Step<BaseIndexNode, undefined> = {
  resolve: async () => undefined,
  key: (node, _resolved, inputs) => indexKey(node, inputs, FORM),
  predict: (work) => predictIndex(work, FORM),
  lookup: (work, services, call) => lookupIndex(work, FORM, services, call),
  explain: explainIndex,
  perform: (work, services, call) => performIndex(work, FORM, services, call),
}
