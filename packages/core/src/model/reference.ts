import { type Digest, isDigest } from './digest.js'

/** A repository on one registry: `ghcr.io` and `otbiot/esp8266-build`. */
export interface Repository {
  /** Host, with the port if one was written: the exact text that credentials are looked up by. */
  readonly registry: string
  /** Path under the host, `library/ubuntu`. */
  readonly repository: string
}

/** An image name such as `ghcr.io/otbiot/esp8266-build:2.1` or `ubuntu@sha256:…`. */
export interface Reference extends Repository {
  readonly tag?: string
  readonly digest?: Digest
}

/** A manifest in a repository, by its digest. */
export interface ManifestReference extends Repository {
  readonly digest: Digest
}

/** The host that names without one belong to for docker; polyarch pulls from it by default and never pushes so. */
export const DOCKER_HUB = 'docker.io'

const HOST =
  /^(?:\[[a-fA-F0-9:]+\]|(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*)(?::[0-9]{1,5})?$/
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/
const MAX_NAME_LENGTH = 255

/** Whether the text may be a tag. @see https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pulling-manifests */
export function isTag(text: string): boolean {
  return TAG.test(text)
}

/** Whether the text may be the path of a repository under a host. */
export function isRepositoryPath(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && text.split('/').every((component) => COMPONENT.test(component))
}

/** Whether a name includes its registry: the first part has a dot, a port or a capital letter, or is `localhost`. */
export function namesHost(name: string): boolean {
  const slash = name.indexOf('/')
  if (slash < 0) return false
  const first = name.slice(0, slash)
  return first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase()
}

/**
 * Parses an image name as docker does: without a host it is on Docker Hub, where `alpine` means `library/alpine`.
 * `latest` is not added to a name without a tag.
 *
 * @returns undefined if the text is not a valid image name.
 * @see https://github.com/distribution/reference/blob/v0.6.0/reference.go
 * @example
 * ```ts
 * const name = parseReference('ghcr.io/team/app:1.0')
 * const descriptor = name && (await registry.resolve(name))
 * ```
 */
export function parseReference(text: string): Reference | undefined {
  // Docker takes such a name for the id of a local image.
  if (/^[a-f0-9]{64}$/.test(text)) return undefined
  const at = text.indexOf('@')
  const digest = at < 0 ? undefined : text.slice(at + 1)
  if (digest !== undefined && !isDigest(digest)) return undefined
  const named = at < 0 ? text : text.slice(0, at)
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1)
  const tag = colon < 0 ? undefined : named.slice(colon + 1)
  if (tag !== undefined && !isTag(tag)) return undefined
  const place = parseRepository(colon < 0 ? named : named.slice(0, colon))
  return place && { ...place, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) }
}

function parseRepository(name: string): Repository | undefined {
  const slash = name.indexOf('/')
  const hosted = namesHost(name)
  const registry = hosted ? canonicalHost(name.slice(0, slash)) : DOCKER_HUB
  const path = hosted ? name.slice(slash + 1) : name
  const repository = registry === DOCKER_HUB && !path.includes('/') ? `library/${path}` : path
  if (!HOST.test(registry) || !isRepositoryPath(repository)) return undefined
  return { registry, repository }
}

/** The host that docker's several names of Docker Hub stand for; any other host as it is. */
export function canonicalHost(host: string): string {
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? DOCKER_HUB : host
}

/** `host/path`, with neither tag nor digest. */
export function formatRepository(repository: Repository): string {
  return `${repository.registry}/${repository.repository}`
}

/** The whole name, host included: every client accepts it as it is. */
export function formatReference(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`
  return formatRepository(reference) + tag + digest
}

/** The same name under `latest`, if it has neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: 'latest' } : reference
}

/** Whether both are one repository on one registry; hosts are compared exactly. */
export function sameRepository(a: Repository, b: Repository): boolean {
  return a.registry === b.registry && a.repository === b.repository
}

/** The repository of a reference alone. */
export function repositoryOf({ registry, repository }: Repository): Repository {
  return { registry, repository }
}
