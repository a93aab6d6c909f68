import type { CodePolicy, ConfigPolicy } from '../plugin/base-source.js'
import type { SignerRequirement } from '../plugin/signer-requirement.js'

/** A base that is one published image or index, without a plugin. Created by {@link fromImage}. */
export interface ImageBase {
  readonly kind: 'image-base'
  readonly reference: string
  readonly configPolicy: ConfigPolicy
  readonly codePolicy?: CodePolicy
  readonly verify?: SignerRequirement
}

/**
 * Creates a base from an image reference; of an index, the image that matches the platform.
 *
 * @param options.configPolicy - what to do if the image's config states another platform; `require-match` by default.
 * @param options.codePolicy - what to do if its machine code is for another platform; `require-match` by default.
 * @param options.verify - who must have signed the image, or the index that lists it; checked in the plan.
 * @example
 * ```ts
 * platform('arm64', { base: fromImage('docker.io/library/alpine:3.22') })
 * ```
 */
export function fromImage(
  reference: string,
  options: Partial<Pick<ImageBase, 'configPolicy' | 'codePolicy' | 'verify'>> = {},
): ImageBase {
  const { configPolicy = 'require-match', codePolicy, verify, ...others } = options
  return Object.freeze({
    // Reported when the pipeline is compiled.
    ...others,
    kind: 'image-base',
    reference,
    configPolicy,
    ...(codePolicy && { codePolicy }),
    ...(verify && { verify }),
  })
}

/** The names of an image base's fields. */
export const IMAGE_BASE_FIELDS: readonly string[] = ['kind', 'reference', 'configPolicy', 'codePolicy', 'verify']

/** Whether a value is a result of `fromImage(…)`. */
export function isImageBase(value: unknown): value is ImageBase {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'image-base'
}
