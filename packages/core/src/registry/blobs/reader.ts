import type { Readable } from 'node:stream'
import { streamOf } from '../../model/async/stream-of.js'
import { algorithmOf, type Digest, DigestHash } from '../../model/digest.js'
import { RegistryError } from '../../model/errors.js'
import type { Descriptor } from '../../model/oci.js'
import { formatRepository, type Repository } from '../../model/reference.js'
import { repositoryScope } from '../auth/scope.js'
import type { Connections, RepositoryEndpoint } from '../connections/connections.js'
import type { RegistryRequest } from '../connections/session.js'
import type { RegistryCall } from '../port.js'
import type { RecentWrites } from '../recent-writes.js'
import { BlobDownload } from './download.js'

/** Reads blobs, also from mirrors; a broken download continues at the byte where it stopped. */
export class BlobReader {
  readonly #connections: Connections
  readonly #recent: RecentWrites

  constructor(connections: Connections, recent: RecentWrites) {
    this.#connections = connections
    this.#recent = recent
  }

  /** Whether the registry itself has a blob. */
  async has(repository: Repository, digest: Digest, call?: RegistryCall): Promise<boolean> {
    const place = this.#connections.origin(repository)
    const read = () => this.#head(place, digest, call)
    if (!this.#recent.has(repository, digest)) return (await read()) ?? false
    return (await this.#connections.reread(place, call, `blob ${digest}`, read)) ?? false
  }

  /**
   * Opens a blob. The stream fails with DIGEST_MISMATCH at its end if the content differs; from an offset, only the
   * length is checked. Read or destroy it.
   */
  async read(repository: Repository, descriptor: Descriptor, call?: RegistryCall, offset = 0): Promise<Readable> {
    const download = new BlobDownload(this.#connections, repository, descriptor, call)
    await download.open(offset, this.#recent.has(repository, descriptor.digest))
    return streamOf(checked(download, repository, descriptor, offset), () => download.close())
  }

  async #head(place: RepositoryEndpoint, digest: Digest, call: RegistryCall | undefined): Promise<true | undefined> {
    const request = {
      method: 'HEAD' as const,
      target: `${place.path}/blobs/${digest}`,
      scopes: [repositoryScope(place.path, 'pull')],
      expect: [200, 404, 405],
    }
    const { status } = await this.#connections.requestHeaders(place, request, call)
    return status === 405 ? this.#probe(place, { ...request, method: 'GET' }, call) : status === 200 || undefined
  }

  /** For registries without HEAD for blobs: requests one byte. An empty blob answers 416. */
  async #probe(
    place: RepositoryEndpoint,
    request: RegistryRequest,
    call: RegistryCall | undefined,
  ): Promise<true | undefined> {
    const ranged = { ...request, headers: { range: 'bytes=0-0' }, expect: [200, 206, 404, 416] }
    const answer = await this.#connections.request(place, ranged, call)
    // The registry may ignore the range and send the whole blob.
    answer.body.destroy()
    return answer.status !== 404 || undefined
  }
}

async function* checked(
  download: BlobDownload,
  repository: Repository,
  { digest, size }: Descriptor,
  start: number,
): AsyncGenerator<Buffer> {
  const hash = new DigestHash(algorithmOf(digest))
  let offset = start
  for await (const chunk of download.chunks(start)) {
    offset += chunk.byteLength
    if (offset > size) throw wrongBytes(repository, digest, `is larger than its ${size} bytes${download.encodingNote}`)
    if (start === 0) hash.update(chunk)
    yield chunk
  }
  const actual = start === 0 ? hash.digest : digest
  if (actual !== digest)
    throw wrongBytes(repository, digest, `does not match its digest: the content has ${actual}${download.encodingNote}`)
}

function wrongBytes(repository: Repository, digest: Digest, why: string): RegistryError {
  return new RegistryError('DIGEST_MISMATCH', `blob ${digest} of ${formatRepository(repository)} ${why}`, {
    hint: 'the registry or a proxy in front of it changes content: discard what was read',
  })
}
