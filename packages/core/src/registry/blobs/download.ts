import { RegistryError, throwIfCancelled } from '../../model/errors.js'
import type { Descriptor } from '../../model/oci.js'
import { formatRepository, type Repository } from '../../model/reference.js'
import { repositoryScope } from '../auth/scope.js'
import type { Connections, RepositoryEndpoint } from '../connections/connections.js'
import { Backoff } from '../http/backoff.js'
import { TransientError } from '../http/errors/transient-error.js'
import { encodingNote, type HttpAnswer, headerOf } from '../http/http-message.js'
import type { RegistryCall } from '../port.js'
import { parseByteRange } from './content-range.js'
import { TransferMeter } from './transfer-meter.js'

/** Bytes that an attempt must receive to count as progress, so that a slow blob is not retried for ever. */
const PROGRESS = 64 * 1024

/** The download of one blob, over several connections if necessary. */
export class BlobDownload {
  readonly #connections: Connections
  readonly #repository: Repository
  readonly #descriptor: Descriptor
  readonly #call: RegistryCall | undefined
  #current: { readonly answer: HttpAnswer; readonly place: RepositoryEndpoint; readonly skip: number } | undefined

  constructor(
    connections: Connections,
    repository: Repository,
    descriptor: Descriptor,
    call: RegistryCall | undefined,
  ) {
    this.#connections = connections
    this.#repository = repository
    this.#descriptor = descriptor
    this.#call = call
  }

  /**
   * Sends the request for everything from an offset on.
   *
   * @param isJustWritten - whether the blob was just written, so that a 404 may be temporary
   * @throws RegistryError NOT_FOUND
   */
  async open(offset: number, isJustWritten = false): Promise<void> {
    const call = isJustWritten ? { ...this.#call, fresh: true } : this.#call
    const read = () => this.#connections.read(this.#repository, call, (place) => this.#request(place, offset))
    const origin = this.#connections.origin(this.#repository)
    const what = `blob ${this.#descriptor.digest}`
    const found = await (isJustWritten ? this.#connections.reread(origin, this.#call, what, read) : read())
    if (found === undefined) throw this.#missing()
    this.#current = found
  }

  /** Note for errors on the encoding of the current response; empty if there is none. */
  get encodingNote(): string {
    return this.#current === undefined ? '' : encodingNote(this.#current.answer)
  }

  close(): void {
    this.#current?.answer.body.destroy()
  }

  async *chunks(start: number): AsyncGenerator<Buffer> {
    const call = this.#connections.listened(this.#call)
    const meter = new TransferMeter('download', this.#descriptor.digest, this.#descriptor.size, call)
    const backoff = new Backoff(this.#connections.retry, call)
    let offset = start
    let begun = start
    while (offset < this.#descriptor.size) {
      try {
        for await (const chunk of this.#body()) {
          offset += chunk.byteLength
          if (offset - begun >= PROGRESS || offset === this.#descriptor.size) backoff.progressed()
          meter.at(offset)
          yield chunk
        }
        if (offset < this.#descriptor.size) throw this.#cutShort(offset)
      } catch (error) {
        await backoff.after(error)
        begun = offset
        await this.open(offset)
      }
    }
    this.close()
  }

  /** The rest of the current response, without bytes before the requested range. */
  async *#body(): AsyncGenerator<Buffer> {
    if (this.#current === undefined) return
    const { answer, place } = this.#current
    let { skip } = this.#current
    try {
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        const part = chunk.subarray(Math.min(skip, chunk.byteLength))
        skip -= chunk.byteLength - part.byteLength
        if (part.byteLength > 0) yield part
      }
    } catch (error) {
      throwIfCancelled(this.#call?.signal)
      throw place.session.brokenBody(error, answer.url, this.#call)
    }
  }

  async #request(place: RepositoryEndpoint, offset: number) {
    const { digest, size } = this.#descriptor
    const ranged = offset > 0 && offset < size
    const request = {
      method: 'GET' as const,
      target: `${place.path}/blobs/${digest}`,
      scopes: [repositoryScope(place.path, 'pull')],
      headers: { ...(ranged && { range: `bytes=${offset}-${size - 1}` }) },
      expect: ranged ? [200, 206, 404] : [200, 404],
    }
    // Not counted among the small requests: an upload that waits for this download may hold the last slot.
    const answer = await this.#connections.retrying(place, this.#call, () => place.session.once(request, this.#call))
    if (answer.status === 404) {
      answer.body.destroy()
      return undefined
    }
    const first = answer.status === 206 ? (parseByteRange(headerOf(answer, 'content-range'))?.first ?? offset) : 0
    if (first <= offset) return { answer, place, skip: offset - first }
    answer.body.destroy()
    throw new RegistryError(
      'REGISTRY_REJECTED',
      `${place.endpoint.host} sent another range of blob ${digest} than requested`,
    )
  }

  #missing(): RegistryError {
    const { digest } = this.#descriptor
    return new RegistryError('NOT_FOUND', `${formatRepository(this.#repository)} has no blob ${digest}`)
  }

  #cutShort(offset: number): TransientError {
    const { digest, size } = this.#descriptor
    const where = `blob ${digest} of ${formatRepository(this.#repository)}`
    return new TransientError(
      new RegistryError('REGISTRY_UNREACHABLE', `${where} ended after ${offset} of ${size} bytes${this.encodingNote}`),
    )
  }
}
