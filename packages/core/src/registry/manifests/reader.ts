import { algorithmOf, digestOf, isDigest } from '../../model/digest.js'
import { RegistryError } from '../../model/errors.js'
import { LIMITS } from '../../model/limits.js'
import { type Descriptor, MANIFEST_MEDIA_TYPES, type StoredManifest } from '../../model/oci.js'
import { formatReference, type Reference } from '../../model/reference.js'
import { repositoryScope } from '../auth/scope.js'
import type { Connections, RepositoryEndpoint } from '../connections/connections.js'
import { discard, encodingNote, type HttpAnswer, headerOf } from '../http/http-message.js'
import type { RegistryCall } from '../port.js'
import type { RecentWrites } from '../recent-writes.js'
import { checkMediaType, essence, isGenericType, parseManifest } from './schema.js'

const ACCEPT = { accept: MANIFEST_MEDIA_TYPES.join(', ') }

/** Reads manifests, from mirrors too. */
export class ManifestReader {
  readonly #connections: Connections
  readonly #recent: RecentWrites

  constructor(connections: Connections, recent: RecentWrites) {
    this.#connections = connections
    this.#recent = recent
  }

  /** Resolves a tag or digest to a descriptor, without its content if the response headers suffice. */
  resolve(reference: Reference, call?: RegistryCall): Promise<Descriptor | undefined> {
    return this.#connections.read(reference, this.#mirrored(reference, call), (place) =>
      this.#awaiting(place, reference, call, () => this.#head(place, reference, call)),
    )
  }

  /** The manifest under a tag or digest, checked. */
  get(reference: Reference, call?: RegistryCall): Promise<StoredManifest | undefined> {
    return this.#connections.read(reference, this.#mirrored(reference, call), (place) =>
      this.#awaiting(place, reference, call, () => this.#get(place, reference, call)),
    )
  }

  /** A mirror may not have what has just been written. */
  #mirrored(reference: Reference, call: RegistryCall | undefined): RegistryCall {
    return this.#recent.has(reference, manifestName(reference)) ? { ...call, fresh: true } : (call ?? {})
  }

  /** Reads again for a while if a manifest is missing that this client has just written. */
  #awaiting<T>(
    place: RepositoryEndpoint,
    reference: Reference,
    call: RegistryCall | undefined,
    read: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    if (!this.#recent.has(reference, manifestName(reference))) return read()
    return this.#connections.reread(place, call, formatReference(reference), read)
  }

  async #head(
    place: RepositoryEndpoint,
    reference: Reference,
    call: RegistryCall | undefined,
  ): Promise<Descriptor | undefined> {
    const request = { ...manifestRequest(place, reference), method: 'HEAD' as const, expect: [200, 404, 405] }
    const answer = await this.#connections.requestHeaders(place, request, call)
    if (answer.status === 404) return undefined
    const stated = answer.status === 200 ? headerDescriptor(answer, reference) : undefined
    if (stated === undefined) return (await this.#get(place, reference, call))?.descriptor
    return matching(stated, reference)
  }

  async #get(
    place: RepositoryEndpoint,
    reference: Reference,
    call: RegistryCall | undefined,
  ): Promise<StoredManifest | undefined> {
    const where = formatReference(reference)
    return this.#connections.retrying(place, call, async () => {
      const answer = await this.#connections.once(place, manifestRequest(place, reference), call)
      if (answer.status === 404) {
        await discard(answer)
        return undefined
      }
      const bytes = await place.session.read(answer, LIMITS.manifest, call)
      if (bytes === undefined) throw tooLarge(where)
      try {
        return readAnswer(answer, bytes, reference)
      } catch (error) {
        throw withEncoding(error, answer)
      }
    })
  }
}

function readAnswer(answer: HttpAnswer, bytes: Uint8Array, reference: Reference): StoredManifest {
  const where = formatReference(reference)
  const algorithm = reference.digest && algorithmOf(reference.digest)
  const manifest = parseManifest(bytes, headerOf(answer, 'content-type'), where, algorithm)
  const stated = headerOf(answer, 'docker-content-digest')
  checkStatedDigest(manifest, stated, `${where}, announced as ${stated},`)
  matching(manifest.descriptor, reference)
  return manifest
}

/** A compressed body is not JSON and does not match the digest: the encoding is then the cause. */
function withEncoding(error: unknown, answer: HttpAnswer): unknown {
  const note = encodingNote(answer)
  if (!(error instanceof RegistryError) || note === '') return error
  const { code, message, hint } = error
  return new RegistryError(code, message + note, { cause: error, ...(hint !== undefined && { hint }) })
}

/** The name of a reference in its repository: the digest if it has one, else the tag. */
export function manifestName(reference: Reference): string {
  return reference.digest ?? reference.tag ?? 'latest'
}

function manifestRequest(place: RepositoryEndpoint, reference: Reference) {
  const target = `${place.path}/manifests/${manifestName(reference)}`
  const scopes = [repositoryScope(place.path, 'pull')]
  return { method: 'GET' as const, target, scopes, headers: ACCEPT, expect: [200, 404] }
}

/** The descriptor in the headers of a HEAD; undefined if they do not hold all of it. */
function headerDescriptor(answer: HttpAnswer, reference: Reference): Descriptor | undefined {
  const digest = headerOf(answer, 'docker-content-digest') ?? ''
  const size = Number(headerOf(answer, 'content-length'))
  const mediaType = essence(headerOf(answer, 'content-type'))
  // The length of an encoded body is not that of the manifest.
  if (
    encodingNote(answer) !== '' ||
    !isDigest(digest) ||
    !Number.isSafeInteger(size) ||
    size <= 0 ||
    isGenericType(mediaType)
  )
    return undefined
  // Some registries return the digest of their own algorithm, whichever was requested.
  if (reference.digest !== undefined && algorithmOf(digest) !== algorithmOf(reference.digest)) return undefined
  checkMediaType(mediaType, formatReference(reference))
  return { mediaType, digest, size }
}

function matching(descriptor: Descriptor, reference: Reference): Descriptor {
  const { digest } = reference
  if (digest === undefined || digest === descriptor.digest) return descriptor
  throw mismatch(formatReference(reference), descriptor.digest)
}

/**
 * Whether a digest is that of a manifest, by any supported algorithm: the registry may use another one than this
 * client.
 */
export function isDigestOf(stated: string | undefined, { bytes }: Pick<StoredManifest, 'bytes'>): boolean {
  return stated !== undefined && isDigest(stated) && digestOf(bytes, algorithmOf(stated)) === stated
}

function checkStatedDigest(manifest: StoredManifest, stated: string | undefined, where: string): void {
  if (!isDigest(stated ?? '') || isDigestOf(stated, manifest)) return
  throw mismatch(where, manifest.descriptor.digest)
}

/** The content does not match the requested digest. */
export function mismatch(what: string, digest: string): RegistryError {
  return new RegistryError('DIGEST_MISMATCH', `${what} does not match its digest: the content has ${digest}`, {
    hint: 'the registry or a proxy in front of it changes content: the content was not used',
  })
}

/** A manifest over the size that registries accept. */
export function tooLarge(where: string): RegistryError {
  return new RegistryError(
    'MANIFEST_UNSUPPORTED',
    `${where} exceeds the limit of ${LIMITS.manifest} bytes for a manifest`,
  )
}
