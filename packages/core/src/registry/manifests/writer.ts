import { isDigest } from '../../model/digest.js'
import { RegistryError } from '../../model/errors.js'
import { LIMITS } from '../../model/limits.js'
import { type Descriptor, type ImageIndex, type ImageManifest, isIndex, type StoredManifest } from '../../model/oci.js'
import { formatReference, type Reference } from '../../model/reference.js'
import { repositoryScope } from '../auth/scope.js'
import type { Connections, RepositoryEndpoint } from '../connections/connections.js'
import { TransientError } from '../http/errors/transient-error.js'
import { discard, type HttpAnswer, headerOf } from '../http/http-message.js'
import { redactUrl } from '../http/redaction.js'
import type { RegistryCall } from '../port.js'
import type { RecentWrites } from '../recent-writes.js'
import { isDigestOf, type ManifestReader, manifestName, mismatch, tooLarge } from './reader.js'

/** Codes of a registry for missing content that a manifest refers to. */
const CHILD_UNKNOWN: ReadonlySet<string> = new Set(['MANIFEST_BLOB_UNKNOWN', 'BLOB_UNKNOWN', 'MANIFEST_UNKNOWN'])

interface PutTarget extends Reference {
  /** The tag or digest in the URL. */
  readonly name: string
  readonly condition: Readonly<Record<string, string>> | undefined
}

/** Puts and deletes manifests. */
export class ManifestWriter {
  readonly #connections: Connections
  readonly #reader: ManifestReader
  readonly #recent: RecentWrites

  constructor(connections: Connections, reader: ManifestReader, recent: RecentWrites) {
    this.#connections = connections
    this.#reader = reader
    this.#recent = recent
  }

  /**
   * Puts a manifest under a tag, else under its digest. The write is confirmed by the digest in the response or by a
   * HEAD afterwards. Before a retry, a HEAD checks whether the previous attempt succeeded.
   *
   * @param condition - conditional headers, such as `if-match`
   * @returns whether the registry has taken note of the manifest's subject.
   */
  async put(
    reference: Reference,
    manifest: StoredManifest,
    call?: RegistryCall,
    condition?: Readonly<Record<string, string>>,
  ): Promise<{ readonly linked: boolean }> {
    const { digest, size } = manifest.descriptor
    const name = reference.tag ?? digest
    const where = formatReference(reference)
    if (size > LIMITS.manifest) throw tooLarge(where)
    if (reference.digest !== undefined && reference.digest !== digest) throw mismatch(where, digest)
    const place = this.#connections.origin(reference)
    const linked = await this.#connections.retrying(place, call, async (attempt) => {
      if (attempt > 1) {
        if (await this.#holds(reference, name, manifest, call)) return false
        await call?.beforeRepeat?.()
      }
      const answer = await this.#sendPut(place, { ...reference, name, condition }, manifest, call)
      const stored = headerOf(answer, 'docker-content-digest')
      // Gateways also return 200, and some registries respond before they have written.
      if (!isDigestOf(stored, manifest) && !(await this.#holds(reference, name, manifest, call))) {
        throw isDigest(stored ?? '') ? mismatch(`${where}, put as ${digest},`, stored ?? '') : notStored(where, answer)
      }
      return headerOf(answer, 'oci-subject') !== undefined
    })
    for (const written of [name, digest]) this.#recent.add(reference, digest, written)
    return { linked }
  }

  /** Deletes a tag or, by digest, a manifest. */
  async delete(reference: Reference, call?: RegistryCall): Promise<void> {
    const place = this.#connections.origin(reference)
    const name = manifestName(reference)
    const scopes = [repositoryScope(place.path, 'pull', 'push', 'delete')]
    const request = { method: 'DELETE' as const, target: `${place.path}/manifests/${name}`, scopes }
    await this.#connections.retrying(place, call, async (attempt) => {
      // A 404 for a repeated request means that the previous attempt succeeded.
      const expect = attempt > 1 ? [200, 202, 204, 404] : [200, 202, 204]
      await discard(await this.#connections.once(place, { ...request, expect }, call))
    })
    this.#recent.remove(reference, name)
  }

  async #holds(reference: Reference, name: string, manifest: StoredManifest, call?: RegistryCall): Promise<boolean> {
    const { registry, repository } = reference
    const { digest } = manifest.descriptor
    const target = name === digest ? { registry, repository, digest } : { registry, repository, tag: name }
    return (await this.#reader.resolve(target, { ...call, fresh: true }))?.digest === digest
  }

  async #sendPut(
    place: RepositoryEndpoint,
    { name, condition, ...reference }: PutTarget,
    { descriptor, bytes, content }: StoredManifest,
    call: RegistryCall | undefined,
  ): Promise<HttpAnswer> {
    const request = {
      method: 'PUT' as const,
      target: `${place.path}/manifests/${name}`,
      scopes: [repositoryScope(place.path, 'pull', 'push')],
      headers: { 'content-type': descriptor.mediaType, ...condition },
      body: bytes,
      expect: [200, 201, 202, 204],
    }
    try {
      const answer = await this.#connections.once(place, request, call)
      await discard(answer)
      return answer
    } catch (error) {
      if (this.#childrenOnTheWay(error, reference, content)) throw new TransientError(error)
      throw typeRefused(error, reference, descriptor) ?? error
    }
  }

  /** Whether the registry does not find a child that this client has just written, which may be temporary. */
  #childrenOnTheWay(error: unknown, reference: Reference, content: ImageManifest | ImageIndex): error is RegistryError {
    if (!(error instanceof RegistryError) || !error.exchange?.codes?.some((code) => CHILD_UNKNOWN.has(code)))
      return false
    const children = isIndex(content) ? content.manifests : [content.config, ...content.layers]
    return children.some(({ digest }) => this.#recent.has(reference, digest))
  }
}

/** The error if the registry reported success but does not have the manifest; a retry may succeed. */
function notStored(where: string, { status, url }: HttpAnswer): TransientError {
  const message = `PUT ${redactUrl(url)} was answered with ${status}, but ${where} does not exist afterwards`
  const hint = 'check the address: a proxy or gateway may answer instead of the registry'
  const exchange = { method: 'PUT', url: redactUrl(url), status }
  return new TransientError(new RegistryError('REGISTRY_REJECTED', message, { hint, exchange }))
}

const UNSUPPORTED_MEDIA_TYPE = 415

/** The error for a registry that rejects this manifest type: some accept OCI types only. */
function typeRefused(
  error: unknown,
  { registry }: Reference,
  { mediaType }: Pick<Descriptor, 'mediaType'>,
): RegistryError | undefined {
  if (!(error instanceof RegistryError) || error.status !== UNSUPPORTED_MEDIA_TYPE) return undefined
  const hint = mediaType.startsWith('application/vnd.docker.')
    ? `${registry} accepts OCI media types only: push the image with 'docker buildx build --output type=registry,oci-mediatypes=true'`
    : `${registry} accepts no manifests of the type '${mediaType}'`
  const { exchange } = error
  return new RegistryError(error.code, error.message, { hint, cause: error, ...(exchange && { exchange }) })
}
