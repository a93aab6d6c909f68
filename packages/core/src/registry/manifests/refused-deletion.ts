import { RegistryError } from '../../model/errors.js'

/**
 * Whether a registry rejects deletion by tag because it deletes manifests by digest only. The responses differ;
 * docker-registry 2.8 returns DIGEST_INVALID.
 */
export function isTagRefused(error: unknown): error is RegistryError {
  return error instanceof RegistryError && (error.status === 400 || error.status === 405)
}

/** Whether a registry rejects deletion of a manifest because it has tags, as Google's registries do. */
export function isTaggedRefused(error: unknown): error is RegistryError {
  return error instanceof RegistryError && (error.exchange?.codes ?? []).includes('GOOGLE_MANIFEST_DANGLING_TAG')
}

/** Whether a registry reports that it supports no deletion. */
export function isDeletionRefused(error: unknown): error is RegistryError {
  if (!(error instanceof RegistryError)) return false
  return error.status === 405 || (error.exchange?.codes ?? []).includes('UNSUPPORTED')
}
