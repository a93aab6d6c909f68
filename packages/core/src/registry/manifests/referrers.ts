import { Queue } from '../../model/async/in-flight.js'
import { algorithmOf, type Digest, hexOf } from '../../model/digest.js'
import { RegistryError } from '../../model/errors.js'
import {
  type Descriptor,
  encodeManifest,
  isIndex,
  isIndexType,
  MEDIA_TYPES,
  type StoredManifest,
} from '../../model/oci.js'
import { formatReference, type Reference, type Repository } from '../../model/reference.js'
import type { Connections } from '../connections/connections.js'
import { readPages } from '../connections/pages.js'
import { headerOf } from '../http/http-message.js'
import type { RegistryCall } from '../port.js'
import type { ManifestReader } from './reader.js'
import { isTaggedRefused } from './refused-deletion.js'
import { essence, isGenericType, parseManifest } from './schema.js'
import type { ManifestWriter } from './writer.js'

/** Statuses by which registries report that they have no referrers API. */
const NO_API: readonly number[] = [400, 404, 405, 406, 501]
/** How often a tag is written if other clients write it at the same time. */
const UPDATE_ATTEMPTS = 5
const PRECONDITION_FAILED = 412

/**
 * Lists and adds referrers of a manifest: by the registry's API, or by the fallback tag if the registry has none.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#listing-referrers
 */
export class Referrers {
  readonly #connections: Connections
  readonly #reader: ManifestReader
  readonly #writer: ManifestWriter
  readonly #queue = new Queue()

  constructor(connections: Connections, reader: ManifestReader, writer: ManifestWriter) {
    this.#connections = connections
    this.#reader = reader
    this.#writer = writer
  }

  /** The descriptors of a manifest's referrers. */
  async list(
    repository: Repository,
    subject: Digest,
    options: RegistryCall & { readonly artifactType?: string } = {},
  ): Promise<readonly Descriptor[]> {
    const { artifactType } = options
    const found =
      (await this.#listByApi(repository, subject, options)) ?? (await this.#listByTag(repository, subject, options))
    return artifactType === undefined ? found : found.filter((entry) => entry.artifactType === artifactType)
  }

  /** Adds a manifest to the tag of its subject, for registries without the API. */
  async record(repository: Repository, manifest: StoredManifest, call?: RegistryCall): Promise<void> {
    const { subject } = manifest.content
    if (subject === undefined) return
    const entry = referrerOf(manifest)
    // A proxy may have removed the OCI-Subject header.
    const listed = await this.#listByApi(repository, subject.digest, call ?? {})
    if (listed?.some(({ digest }) => digest === entry.digest)) return
    await this.#update(repository, subject.digest, call, (entries) =>
      entries.some(({ digest }) => digest === entry.digest) ? undefined : [...entries, entry],
    )
  }

  /** Reads the subject of a manifest; undefined if it has none, does not exist, or has an unknown media type. */
  async subjectOf(reference: Reference, call?: RegistryCall): Promise<Digest | undefined> {
    try {
      const manifest = await this.#reader.get(reference, { ...call, fresh: true })
      return manifest?.content.subject?.digest
    } catch (error) {
      if (error instanceof RegistryError && error.code === 'MANIFEST_UNSUPPORTED') return undefined
      throw error
    }
  }

  /** Removes a deleted manifest from the tag of its subject, and the tag with its last entry. */
  async forget(repository: Repository, deleted: Digest, subject: Digest, call?: RegistryCall): Promise<void> {
    await this.#update(repository, subject, call, (entries) => {
      const left = entries.filter(({ digest }) => digest !== deleted)
      return left.length === entries.length ? undefined : left
    })
  }

  async #listByApi(
    repository: Repository,
    subject: Digest,
    call: RegistryCall & { readonly artifactType?: string },
  ): Promise<readonly Descriptor[] | undefined> {
    const place = this.#connections.origin(repository)
    const query = call.artifactType === undefined ? '' : `?${new URLSearchParams({ artifactType: call.artifactType })}`
    const target = `${place.path}/referrers/${subject}${query}`
    let entries: Descriptor[] | undefined
    for await (const { answer, bytes } of readPages(this.#connections, place, { target, absent: NO_API }, call)) {
      const contentType = headerOf(answer, 'content-type')
      // Some registries return a web page with status 200.
      if (!isGenericType(essence(contentType)) && !isIndexType(essence(contentType))) return undefined
      const { content } = parseManifest(bytes, contentType, `the referrers of ${subject}`)
      entries ??= []
      for (const entry of isIndex(content) ? content.manifests : []) entries.push(entry)
    }
    return entries
  }

  async #listByTag(repository: Repository, subject: Digest, call?: RegistryCall): Promise<readonly Descriptor[]> {
    return entriesOf(await this.#reader.get(referrersTag(repository, subject), { ...call, fresh: true }))
  }

  /**
   * Reads, changes and writes the tag of a subject, and reads it again. Callers of this client take turns. A registry
   * that evaluates conditions rejects the write if another client was faster; for others, the change is repeated if
   * another client has overwritten it.
   *
   * @param change - The new entries; undefined if there is nothing to change.
   * @throws RegistryError TAG_MOVED
   */
  #update(
    repository: Repository,
    subject: Digest,
    call: RegistryCall | undefined,
    change: (entries: readonly Descriptor[]) => readonly Descriptor[] | undefined,
  ): Promise<void> {
    const reference = referrersTag(repository, subject)
    return this.#queue.after(`${repository.registry}/${repository.repository}@${subject}`, call?.signal, async () => {
      for (let attempt = 1; attempt <= UPDATE_ATTEMPTS; attempt += 1) {
        const stored = await this.#reader.get(reference, { ...call, fresh: true })
        const entries = change(entriesOf(stored))
        if (entries === undefined) return
        if (await this.#write(reference, stored, entries, call)) {
          // The last writer wins; only a read shows which one it was.
          if (change(entriesOf(await this.#reader.get(reference, { ...call, fresh: true }))) === undefined) return
        }
      }
      throw new RegistryError('TAG_MOVED', `${formatReference(reference)} is being written by other clients`, {
        hint: 'run again when the other clients that attach artifacts to this image have finished',
      })
    })
  }

  async #write(
    reference: Reference,
    stored: StoredManifest | undefined,
    entries: readonly Descriptor[],
    call: RegistryCall | undefined,
  ): Promise<boolean> {
    if (stored !== undefined && entries.length === 0 && (await this.#delete(reference, stored, call))) return true
    const index = stored && isIndex(stored.content) ? stored.content : { schemaVersion: 2 as const }
    const next = encodeManifest({ ...index, manifests: entries }, MEDIA_TYPES.ociIndex)
    return this.#replace(reference, stored, next, call)
  }

  /**
   * Deletes a list by digest, so that a tag that another client has moved meanwhile stays.
   *
   * @returns false if the registry refuses; the list is then written without entries.
   */
  async #delete(
    { tag, ...repository }: Reference,
    stored: StoredManifest,
    call: RegistryCall | undefined,
  ): Promise<boolean> {
    const { digest } = stored.descriptor
    try {
      await this.#writer.delete({ ...repository, digest }, call)
      return true
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error
      if (isTaggedRefused(error) && tag !== undefined) {
        await this.#writer.delete({ ...repository, tag }, call)
        return this.#delete(repository, stored, call)
      }
      return error.code === 'NOT_FOUND' || isTaggedRefused(error)
    }
  }

  /** @returns false if the registry refused it because the tag is another one by now. */
  async #replace(
    reference: Reference,
    stored: StoredManifest | undefined,
    next: StoredManifest,
    call: RegistryCall | undefined,
  ): Promise<boolean> {
    const condition = stored ? { 'if-match': `"${stored.descriptor.digest}"` } : { 'if-none-match': '*' }
    try {
      await this.#writer.put(reference, next, call, condition)
      return true
    } catch (error) {
      if (error instanceof RegistryError && error.status === PRECONDITION_FAILED) return false
      throw error
    }
  }
}

function entriesOf(stored: StoredManifest | undefined): readonly Descriptor[] {
  return stored && isIndex(stored.content) ? stored.content.manifests : []
}

/** Hex digits in such a tag: a tag is too short for sha512. */
const MAX_TAG_HEX = 64

/** `sha256-…`: the tag that lists what refers to a digest. @see https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#referrers-tag-schema */
export function referrersTag({ registry, repository }: Repository, subject: Digest): Reference {
  return { registry, repository, tag: `${algorithmOf(subject)}-${hexOf(subject).slice(0, MAX_TAG_HEX)}` }
}

/** The descriptor of a manifest in the list of its subject. */
export function referrerOf({ descriptor, content }: StoredManifest): Descriptor {
  const { mediaType, digest, size } = descriptor
  const artifactType = content.artifactType ?? ('config' in content ? content.config.mediaType : undefined)
  const { annotations } = content
  return {
    mediaType,
    digest,
    size,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations && { annotations }),
  }
}
