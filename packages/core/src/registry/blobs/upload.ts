import { RegistryError } from '../../model/errors.js'
import type { Scope } from '../auth/scope.js'
import { repositoryScope } from '../auth/scope.js'
import type { Connections, RepositoryEndpoint } from '../connections/connections.js'
import type { RegistryRequest } from '../connections/session.js'
import { Backoff } from '../http/backoff.js'
import { TransientError } from '../http/errors/transient-error.js'
import { type HttpAnswer, headerOf } from '../http/http-message.js'
import { parseLocation, type WrittenUrl, withParameter } from '../http/written-url.js'
import type { BlobSource, RegistryCall } from '../port.js'
import { formatByteRange, uploadedBytes } from './content-range.js'
import { openPart, readSource } from './source-part.js'
import { TransferMeter } from './transfer-meter.js'

/** Up to this size, in bytes, a blob is sent with the request that finishes its upload. */
const MONOLITHIC_SIZE = 1024 * 1024

/** An upload that a registry has opened. */
export interface UploadSession {
  /** URL of the next request: registries return a new one with each response. */
  readonly location: WrittenUrl
  /** Bytes that the registry has. */
  readonly offset: number
  /** The size that each chunk but the last has to have at least, in bytes. */
  readonly minimum: number
}

/** Options of an upload. */
export interface UploadOptions {
  readonly connections: Connections
  readonly place: RepositoryEndpoint
  /** Checks whether the registry has the blob, before a request is repeated that may have succeeded. */
  readonly isThere: () => Promise<boolean>
}

/**
 * Uploads one blob. After an error, it resumes at the offset that the registry reports.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pushing-blobs
 */
export class BlobUpload {
  readonly #options: UploadOptions
  readonly #source: BlobSource
  readonly #call: RegistryCall
  readonly #backoff: Backoff
  readonly #meter: TransferMeter
  #session: UploadSession | undefined
  #resumed = false

  constructor(options: UploadOptions, source: BlobSource, call: RegistryCall | undefined, session?: UploadSession) {
    this.#options = options
    this.#source = source
    this.#call = options.connections.listened(call)
    this.#backoff = new Backoff(options.connections.retry, this.#call)
    this.#meter = new TransferMeter('upload', source.descriptor.digest, source.descriptor.size, this.#call)
    this.#session = session
  }

  /** Sends it all. */
  async run(): Promise<void> {
    for (;;) {
      try {
        await this.#attempt()
        return
      } catch (error) {
        await this.#backoff.after(this.#classified(error))
      }
      if (await this.#recovered()) return
    }
  }

  async #attempt(): Promise<void> {
    const { size } = this.#source.descriptor
    this.#session ??= await this.#start()
    if (size > Math.min(MONOLITHIC_SIZE, this.#options.place.endpoint.chunkSize)) {
      while (this.#session.offset < size) await this.#sendPart(this.#session)
      await this.#finish(this.#session)
    } else {
      await this.#finish(this.#session, await readSource(this.#source))
    }
    this.#meter.at(size)
  }

  async #start(): Promise<UploadSession> {
    const target = `${this.#options.place.path}/blobs/uploads/`
    return sessionIn(await this.#send({ method: 'POST', target, headers: { 'content-length': '0' }, expect: [202] }), 0)
  }

  async #sendPart(session: UploadSession): Promise<void> {
    const { size } = this.#source.descriptor
    const { offset } = session
    const end = Math.min(size, offset + Math.max(this.#options.place.endpoint.chunkSize, session.minimum))
    const whole = offset === 0 && end === size
    // Registries differ most in chunks; all take the whole as one PATCH without a range, which is what docker sends.
    const range = whole ? {} : { 'content-range': formatByteRange({ first: offset, last: end - 1 }) }
    const answer = await this.#send({
      method: 'PATCH',
      target: session.location,
      headers: { 'content-type': 'application/octet-stream', ...range },
      body: {
        size: end - offset,
        open: () => openPart(this.#source, offset, end, (position) => this.#meter.at(position)),
      },
      moves: end - offset,
      expect: [200, 201, 202, 204],
    })
    const taken = uploadedBytes(headerOf(answer, 'range')) ?? end
    if (taken <= offset) throw new TransientError(this.#tookNothing(offset))
    this.#session = sessionIn(answer, Math.min(taken, end), session)
    this.#backoff.progressed()
  }

  async #finish({ location }: UploadSession, body?: Uint8Array): Promise<void> {
    const target = withParameter(location, 'digest', this.#source.descriptor.digest)
    const moves = this.#source.descriptor.size
    const headers = body ? { 'content-type': 'application/octet-stream' } : { 'content-length': '0' }
    const request = { method: 'PUT' as const, target, headers, ...(body && { body }), moves, expect: [200, 201, 204] }
    const answer = await this.#send(request)
    // As with manifests: what answers is not always the registry.
    const isStored = headerOf(answer, 'docker-content-digest') === this.#source.descriptor.digest
    if (!isStored && !(await this.#options.isThere())) throw new TransientError(this.#notStored(answer))
  }

  /** Reads the state of the upload after an error: complete, to be resumed, or to be restarted. */
  async #recovered(): Promise<boolean> {
    if (await this.#options.isThere()) return true
    const before = this.#session
    this.#session = before && this.#source.descriptor.size > MONOLITHIC_SIZE ? await this.#status(before) : undefined
    if (before && this.#session && this.#session.offset > before.offset) this.#backoff.progressed()
    if (this.#session && this.#session.offset > 0) this.#resumed = true
    return false
  }

  async #status(session: UploadSession): Promise<UploadSession | undefined> {
    try {
      const answer = await this.#send({ method: 'GET', target: session.location, expect: [204, 202, 200] })
      const offset = uploadedBytes(headerOf(answer, 'range'))
      return offset === undefined || offset > this.#source.descriptor.size
        ? undefined
        : sessionIn(answer, offset, session)
    } catch (error) {
      // The state is unknown: restart the upload, which costs only time.
      if (error instanceof TransientError || error instanceof RegistryError) return undefined
      throw error
    }
  }

  /** Also marks errors as transient that a new upload may solve. */
  #classified(error: unknown): unknown {
    if (!(error instanceof RegistryError) || error.status === undefined) return error
    const lost = error.status === 404 && error.exchange?.codes?.includes('BLOB_UPLOAD_UNKNOWN') === true
    const outOfStep = error.status === 416
    const spoilt = this.#resumed && error.code === 'DIGEST_MISMATCH'
    if (lost || spoilt) this.#session = undefined
    this.#resumed &&= !spoilt
    return lost || outOfStep || spoilt ? new TransientError(error) : error
  }

  #send(request: Omit<RegistryRequest, 'scopes'>): Promise<HttpAnswer> {
    const { place } = this.#options
    const scopes: readonly Scope[] = [repositoryScope(place.path, 'pull', 'push')]
    return place.session.onceWithoutBody({ ...request, scopes }, this.#call)
  }

  #notStored({ status }: HttpAnswer): RegistryError {
    const { host } = this.#options.place.endpoint
    const what = `blob ${this.#source.descriptor.digest}`
    return new RegistryError(
      'REGISTRY_REJECTED',
      `${host} answered the upload of ${what} with ${status}, but does not have it`,
    )
  }

  #tookNothing(offset: number): RegistryError {
    const what = `blob ${this.#source.descriptor.digest}`
    const { host } = this.#options.place.endpoint
    return new RegistryError('REGISTRY_REJECTED', `${host} accepted no data of ${what} from byte ${offset} on`)
  }
}

/**
 * The upload session of a response.
 *
 * @param previous - the session until now: later responses may omit fields
 * @throws RegistryError REGISTRY_REJECTED if the response has no location
 */
export function sessionIn(answer: HttpAnswer, offset: number, previous?: UploadSession): UploadSession {
  const location = parseLocation(headerOf(answer, 'location') ?? '', answer.url)
  const minLength = Number(headerOf(answer, 'oci-chunk-min-length'))
  const minimum = Number.isSafeInteger(minLength) ? minLength : (previous?.minimum ?? 0)
  if (headerOf(answer, 'location') !== undefined && location) return { location, offset, minimum }
  if (previous) return { location: previous.location, offset, minimum }
  throw new RegistryError('REGISTRY_REJECTED', `${answer.url.host} opened an upload without a location`)
}
