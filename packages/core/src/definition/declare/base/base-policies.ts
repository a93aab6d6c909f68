import type { BaseDefinition } from '../../definition.js'
import type { BasePolicies } from './base-source.js'

/** The policies of a base, without those that are the default: writing a default changes no key. */
export function policiesOf(base: BaseDefinition): BasePolicies {
  const { configPolicy, codePolicy }: BasePolicies = base.kind === 'registry' || base.kind === 'pipeline' ? base : {}
  return {
    ...(configPolicy !== undefined && configPolicy !== 'require-match' && { configPolicy }),
    ...(codePolicy !== undefined && codePolicy !== 'require-match' && { codePolicy }),
  }
}
