import { commonOrigin, type GitOrigin } from '../../context/git/git-origin.js'
import type { IndexNode } from '../../graph/node.js'
import { withoutLeftOut } from '../annotations.js'
import type { Step } from '../step.js'
import { attestIndex } from './index-attestation.js'
import { explainIndex, type IndexForm, indexKey, lookupIndex, performIndex, predictIndex } from './index-manifest.js'

/** The final index, in the pipeline's format. */
export const indexStep: Step<IndexNode, GitOrigin> = {
  async resolve(node, { contexts }, call) {
    if (Object.keys(originOf(node)).length === 0) return {}
    return commonOrigin(await Promise.all(node.contexts.map((context) => contexts.origin(context, call.signal))))
  },
  decidedBy: ({ children }) => children.map(({ node }) => node),
  key: (node, origin, inputs) => indexKey(node, inputs, formOf(node, origin)),
  predict: (work) => predictIndex(work, formOf(work.node, work.resolved)),
  lookup: (work, services, call) => lookupIndex(work, formOf(work.node, work.resolved), services, call),
  explain: explainIndex,
  async perform(work, services, call) {
    const form = formOf(work.node, work.resolved)
    // Before the index, so that an existing index has its statement.
    if (work.node.provenance) await attestIndex(work.node, predictIndex(work, form), services, call)
    return performIndex(work, form, services, call)
  },
}

function formOf(node: IndexNode, origin: GitOrigin): IndexForm {
  const { format } = node
  return { format, annotations: withoutLeftOut(node.annotations), origin: originOf(node, origin) }
}

/** Annotations of the origin that the user has not declared; none in formats without annotations. */
function originOf({ annotations, format }: IndexNode, { source, revision }: GitOrigin = {}) {
  const all = { 'org.opencontainers.image.source': source, 'org.opencontainers.image.revision': revision }
  const own = Object.entries(all).filter(([name]) => !Object.hasOwn(annotations, name))
  return Object.fromEntries(format === 'docker' ? [] : own)
}
