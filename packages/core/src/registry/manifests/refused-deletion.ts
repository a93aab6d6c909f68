import { RegistryError } from '../../model/errors.js'

/**
 * Whether a registry has refused to delete a tag because it deletes manifests by digest alone. They say so in several
 * ways, that of docker-registry 2.8 being DIGEST_INVALID.
 */
export function isTagRefused(error: unknown): error is RegistryError {
  return error instanceof RegistryError && (error.status === 400 || error.status === 405)
}

/** Whether a registry has refused to delete a manifest because it has tags yet: those of Google do. */
export function isTaggedRefused(error: unknown): error is RegistryError {
  return error instanceof RegistryError && (error.exchange?.codes ?? []).includes('GOOGLE_MANIFEST_DANGLING_TAG')
}

/** Whether a registry has said that it deletes nothing at all. */
export function isDeletionRefused(error: unknown): error is RegistryError {
  if (!(error instanceof RegistryError)) return false
  return error.status === 405 || (error.exchange?.codes ?? []).includes('UNSUPPORTED')
}
