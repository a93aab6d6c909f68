import type { RegistryBaseDefinition } from '../../definition/definition.js'
import type { BaseNode } from '../../graph/node.js'
import { keyOf } from '../key.js'
import { type Inputs, inputOf } from '../step.js'
import type { ResolvedBase } from './base-resolution.js'

/** The key of a base: of its inputs if it is made here, else of its digest and the policies of its check. */
export function baseKey(
  { source, platform, needs }: Pick<BaseNode, 'source' | 'platform' | 'needs'>,
  resolved: ResolvedBase,
  inputs: Inputs,
): string {
  if (resolved.kind === 'rootfs') return keyOf('base', { platform, inputs: resolved.rootfs.inputs })
  const [need = ''] = needs
  const { digest } = resolved.kind === 'image' ? resolved.chosen.descriptor : inputOf(inputs, need).descriptor
  // A check is valid only for its platform and policies.
  return keyOf('base', { platform, digest, ...(source.kind === 'registry' && checkedUnder(source)) })
}

/** The policies that are part of a registry base's check key, beside its platform. */
export function checkedUnder({ configPolicy, codePolicy = 'require-match' }: RegistryBaseDefinition) {
  return { configPolicy, codePolicy }
}
