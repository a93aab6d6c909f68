import type { ConfigPolicy } from './base-source.js'

/** A base that is one published image or index, without a plugin. Made by {@link fromImage}. */
export interface ImageBase {
  readonly kind: 'image-base'
  readonly reference: string
  readonly configPolicy: ConfigPolicy
}

/**
 * A base pulled from a registry by its reference, the child that matches the platform.
 *
 * @param options.configPolicy - what to do where the image's config names another platform; `require-match` by default.
 * @example
 * ```ts
 * platform('arm64', { base: fromImage('docker.io/library/alpine:3.22') })
 * ```
 */
export function fromImage(reference: string, options: { readonly configPolicy?: ConfigPolicy } = {}): ImageBase {
  return Object.freeze({ kind: 'image-base', reference, configPolicy: options.configPolicy ?? 'require-match' })
}
