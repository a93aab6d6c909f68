import { DOCKER_HUB, formatReference, parseReference } from './reference.js'

/**
 * The key under which BuildKit stores a named context: the familiar form of an image name.
 *
 * @returns undefined if the text cannot name a context.
 * @see https://github.com/moby/buildkit/blob/v0.20.0/frontend/dockerui/config.go
 */
export function contextName(text: string): string | undefined {
  const reference = parseReference(text)
  if (reference === undefined) return undefined
  const { tag, ...untagged } = reference
  const whole = formatReference(tag === 'latest' && reference.digest === undefined ? untagged : reference)
  if (reference.registry !== DOCKER_HUB) return whole
  const path = whole.slice(DOCKER_HUB.length + 1)
  return path.replace(/^library\/(?=[^/]+$)/, '')
}
