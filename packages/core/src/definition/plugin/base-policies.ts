import type { BaseDefinition } from '../definition.js'
import type { BasePolicies, CodePolicy, ConfigPolicy } from './base-source.js'
import { signerIssue } from './signer-requirement.js'

const CONFIG_POLICIES: readonly ConfigPolicy[] = ['trust-declared', 'require-match', 'fix-config']
const CODE_POLICIES: readonly CodePolicy[] = ['require-match', 'trust-declared']

/** Returns the issues of a base's policies, which may be written without types. */
export function policyIssues(base: {
  readonly configPolicy?: unknown
  readonly codePolicy?: unknown
  readonly verify?: unknown
}): readonly string[] {
  const { configPolicy, codePolicy = 'require-match', verify } = base
  const unsigned = verify === undefined ? undefined : signerIssue(verify)
  return [
    ...(CONFIG_POLICIES.some((policy) => policy === configPolicy)
      ? []
      : ["configPolicy must be 'trust-declared', 'require-match' or 'fix-config'"]),
    ...(CODE_POLICIES.some((policy) => policy === codePolicy)
      ? []
      : ["codePolicy must be 'require-match' or 'trust-declared'"]),
    ...(unsigned === undefined ? [] : [`verify ${unsigned}`]),
  ]
}

/** The policies of a base without default values, so that writing a default does not change a key. */
export function policiesOf(base: BaseDefinition): BasePolicies {
  const { configPolicy, codePolicy }: BasePolicies = base.kind === 'registry' || base.kind === 'pipeline' ? base : {}
  return {
    ...(configPolicy !== undefined && configPolicy !== 'require-match' && { configPolicy }),
    ...(codePolicy !== undefined && codePolicy !== 'require-match' && { codePolicy }),
  }
}
