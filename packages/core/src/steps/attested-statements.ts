import type { Node } from '../graph/node.js'
import type { AttestedStatements } from '../model/run/events.js'
import type { Output } from './step.js'

/** Which statements there are on the result of a node; undefined without any. A result with a key has all that its node demands. */
export function attestedStatements(node: Node, { attestation }: Output): AttestedStatements | undefined {
  if (node.kind === 'index') return node.provenance && { provenance: true }
  if (node.kind !== 'image' || attestation === undefined) return undefined
  const { provenance, sbom } = node.build.attest ?? {}
  const made = sbom && ('format' in sbom ? sbom.format : sbom.generator)
  return { ...(provenance && { provenance }), ...(made !== undefined && { sbom: made }) }
}
