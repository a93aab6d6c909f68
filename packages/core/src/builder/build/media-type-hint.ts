import type { ImageFormat } from '../../definition/declare/declaration.js'

/** Matches the quoted response of a registry that rejects a manifest's media type. */
const TYPE_REFUSED = /\b415\b|media ?type/i

/**
 * Returns the hint for a push that the registry rejected because of the image's media types; undefined for other
 * reasons.
 *
 * @param pushes - The media types that the builder pushed.
 */
export function mediaTypeHint(message: string, pushes: ImageFormat): string | undefined {
  if (!TYPE_REFUSED.test(message)) return undefined
  return pushes === 'docker'
    ? "the registry may accept OCI media types only: use a builder that pushes these, such as Docker Engine 27.5 or newer with the containerd image store, or '--builder docker-container://<name>', and remove .format('docker')"
    : "the registry may accept Docker's media types only: add .format('docker')"
}
