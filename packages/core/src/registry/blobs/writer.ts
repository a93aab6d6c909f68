import type { Readable } from 'node:stream'
import { InFlight, Queue } from '../../model/async/in-flight.js'
import type { Digest } from '../../model/digest.js'
import { RegistryError } from '../../model/errors.js'
import type { Descriptor } from '../../model/oci.js'
import { type Repository, repositoryOf, sameRepository } from '../../model/reference.js'
import { repositoryScope } from '../auth/scope.js'
import type { Connections, RepositoryEndpoint } from '../connections/connections.js'
import { headerOf } from '../http/http-message.js'
import type { BlobSource, RegistryCall } from '../port.js'
import type { RecentWrites } from '../recent-writes.js'
import type { BlobReader } from './reader.js'
import { BlobUpload, sessionIn, type UploadSession } from './upload.js'

/** Statuses that refuse a mount: the blob is then uploaded. */
const MOUNT_REFUSED: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 415])

/** The repository that a blob is written to, and its endpoint. */
interface BlobTarget {
  readonly to: Repository
  readonly place: RepositoryEndpoint
}

/** Writes blobs: by mount if the registry has them, else by upload; each blob once. */
export class BlobWriter {
  readonly #connections: Connections
  readonly #reader: BlobReader
  readonly #recent: RecentWrites
  readonly #inFlight = new InFlight<void>()
  readonly #queue = new Queue()
  /** Repositories of each registry that are known to have a blob, so that it can be mounted instead of uploaded. */
  readonly #homes = new Map<string, Repository>()

  constructor(connections: Connections, reader: BlobReader, recent: RecentWrites) {
    this.#connections = connections
    this.#reader = reader
    this.#recent = recent
  }

  /** Uploads a blob, unless the repository has it. */
  write(repository: Repository, source: BlobSource, call?: RegistryCall): Promise<void> {
    return this.#once(repository, source.descriptor.digest, call, async (target) => {
      const home = this.#homes.get(homeKey(repository, source.descriptor.digest))
      const mounted = home && (await this.#mount(target, home, source.descriptor, call))
      if (mounted === true || (await this.#reader.has(repository, source.descriptor.digest, call))) return
      await this.#upload(target, source, call, mounted)
    })
  }

  /** Copies a blob from one repository to another. */
  async copy(from: Repository, to: Repository, descriptor: Descriptor, call?: RegistryCall): Promise<void> {
    if (sameRepository(from, to)) return
    await this.#once(to, descriptor.digest, call, async (target) => {
      const home = from.registry === to.registry ? from : this.#homes.get(homeKey(to, descriptor.digest))
      const mounted = home && (await this.#mount(target, home, descriptor, call))
      if (mounted === true || (await this.#reader.has(to, descriptor.digest, call))) return
      const open = (offset?: number): Promise<Readable> => this.#reader.read(from, descriptor, call, offset)
      await this.#upload(target, { descriptor, open }, call, mounted)
    })
  }

  /** Runs one transfer of a blob to a registry at a time; other repositories mount the blob afterwards. */
  async #once(
    to: Repository,
    digest: Digest,
    call: RegistryCall | undefined,
    work: (target: BlobTarget) => Promise<void>,
  ): Promise<void> {
    const key = homeKey(to, digest)
    const place = this.#connections.origin(to)
    await this.#inFlight.share(`${key} ${to.repository}`, call?.signal, () =>
      this.#queue.after(key, call?.signal, async () => {
        await place.session.transfers(() => work({ to, place }))
        this.#homes.set(key, repositoryOf(to))
        this.#recent.add(to, digest)
      }),
    )
  }

  /** True if mounted; the upload session that the registry opened instead; undefined if it refused. */
  async #mount(
    { to, place }: BlobTarget,
    from: Repository,
    { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
    call: RegistryCall | undefined,
  ): Promise<true | UploadSession | undefined> {
    if (sameRepository(from, to)) return undefined
    const query = new URLSearchParams({ mount: digest, from: from.repository })
    const request = {
      method: 'POST' as const,
      target: `${place.path}/blobs/uploads/?${query}`,
      scopes: [repositoryScope(place.path, 'pull', 'push'), repositoryScope(from.repository, 'pull')],
      headers: { 'content-length': '0' },
      expect: [201, 202],
    }
    try {
      const answer = await this.#connections.retrying(place, call, () => place.session.onceWithoutBody(request, call))
      if (answer.status === 202) return sessionIn(answer, 0)
      const isStored = headerOf(answer, 'docker-content-digest') === digest
      if (!isStored && !(await this.#reader.has(to, digest, call))) return undefined
    } catch (error) {
      if (error instanceof RegistryError && error.status !== undefined && MOUNT_REFUSED.has(error.status))
        return undefined
      throw error
    }
    this.#connections
      .listened(call)
      .onEvent?.({ kind: 'transfer', direction: 'mount', digest, bytes: size, total: size })
    return true
  }

  #upload(
    { to, place }: BlobTarget,
    source: BlobSource,
    call: RegistryCall | undefined,
    session: UploadSession | undefined,
  ): Promise<void> {
    const isThere = () => this.#reader.has(to, source.descriptor.digest, call)
    const options = { connections: this.#connections, place, isThere }
    return new BlobUpload(options, source, call, session).run()
  }
}

function homeKey({ registry }: Repository, digest: Digest): string {
  return `${registry} ${digest}`
}
