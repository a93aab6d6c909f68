import type { RegistryBaseDefinition } from '../../definition/definition.js'
import type { BaseNode } from '../../graph/node.js'
import { keyOf } from '../key.js'
import { type Inputs, inputOf } from '../step.js'
import type { ResolvedBase } from './base-resolution.js'

/** The key of a base: of the inputs of one that is made; otherwise of its digest, and of the policies of its check. */
export function baseKey(
  { source, platform, needs }: Pick<BaseNode, 'source' | 'platform' | 'needs'>,
  resolved: ResolvedBase,
  inputs: Inputs,
): string {
  if (resolved.kind === 'rootfs') return keyOf('base', { platform, inputs: resolved.rootfs.inputs })
  const [need = ''] = needs
  const { digest } = resolved.kind === 'image' ? resolved.chosen.descriptor : inputOf(inputs, need).descriptor
  // A check counts for the platform and the policies that it was made under, and for no others.
  return keyOf('base', { platform, digest, ...(source.kind === 'registry' && checkedUnder(source)) })
}

/** The policies that are part of a registry base's check key, beside its platform. */
export function checkedUnder({ configPolicy, codePolicy = 'require-match' }: RegistryBaseDefinition) {
  return { configPolicy, codePolicy }
}
