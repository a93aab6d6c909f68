import { Agent, type IncomingMessage } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import type { Duplex, Readable } from 'node:stream'
import Dockerode from 'dockerode'
import type { Environment } from '../../../host/environment.js'
import { EngineError } from '../../../model/errors.js'
import { parseJson } from '../../../model/json.js'
import { isJsonObject, type JsonObject, textOf } from '../../../model/json-fields.js'
import { openSocket } from '../../transport/open-socket.js'
import { HttpStatusError } from '../failures.js'
import { readText } from '../read-text.js'
import { type ApiVersion, type EngineVersion, negotiate } from './api-version.js'
import type { Endpoint } from './endpoint.js'
import { withoutRedirects } from './no-redirects.js'
import { openSsh, SshAgent } from './ssh-connection.js'

/** One request to the engine; the path is without the API version. */
export interface EngineRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  /** Lists become repeated parameters. */
  readonly query?: Readonly<Record<string, string | readonly string[]>>
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: Readable
  readonly signal?: AbortSignal | undefined
}

/** A request that the engine answers by another protocol on the same connection. */
export interface UpgradeRequest extends Pick<EngineRequest, 'path' | 'headers' | 'signal'> {
  readonly protocol?: 'h2c' | 'tcp'
  readonly body?: string
}

/** Milliseconds that an engine may take for the first answer, connecting included. */
export const FIRST_ANSWER_TIMEOUT = 45_000

/** Makes docker-modem return every status as it is, so that this file decides which responses are errors. */
const EVERY_STATUS: Readonly<Record<number, true>> = Object.fromEntries(
  Array.from({ length: 400 }, (_, index) => [200 + index, true]),
)

/**
 * A pool of connections to one engine, with an API version that both sides support.
 *
 * Only dockerode's transport is used. Dockerode's own calls modify the options passed to them, open a session of their
 * own for a build, drop the signal or the platform of some calls, and ignore errors inside a stream.
 */
export class Connection implements AsyncDisposable {
  readonly address: string
  /** Whether the engine runs on this machine, according to its address. */
  readonly isLocal: boolean
  readonly #endpoint: Endpoint
  readonly #env: Environment
  readonly #modem: Dockerode['modem']
  readonly #agent: Agent
  #version: EngineVersion | undefined

  constructor(endpoint: Endpoint, env: Environment) {
    this.address = endpoint.address
    this.isLocal = endpoint.kind === 'socket'
    this.#endpoint = endpoint
    this.#env = env
    this.#agent = withoutRedirects(agentFor(endpoint, env))
    const options = { ...modemOptions(endpoint), agent: this.#agent }
    this.#modem = new Dockerode(options).modem
  }

  /** Returns the engine's version, requested once. Rejects with ENGINE_UNSUPPORTED, or as the transport does. */
  async version(signal: AbortSignal | undefined): Promise<EngineVersion> {
    this.#version ??= negotiate(this.#parse(await this.#firstAnswer(signal)))
    return this.#version
  }

  /** Limited in time, because a host that drops packets would block for minutes. */
  async #firstAnswer(signal: AbortSignal | undefined): Promise<string> {
    const stop = new AbortController()
    const timer = setTimeout(() => stop.abort(), FIRST_ANSWER_TIMEOUT)
    const both = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
    try {
      return await readText(await this.#exchange({ method: 'GET', path: '/version', signal: both }))
    } catch (cause) {
      if (cause instanceof HttpStatusError && cause.status === 400) throw this.#noEngine(cause)
      if (!stop.signal.aborted || signal?.aborted) throw cause
      const message = `no answer within ${FIRST_ANSWER_TIMEOUT / 1000} seconds`
      throw Object.assign(new Error(message, { cause }), { code: 'ETIMEDOUT' })
    } finally {
      clearTimeout(timer)
    }
  }

  /** Sends a ping; any response is sufficient. */
  async ping(signal: AbortSignal): Promise<void> {
    ;(await this.#exchange({ method: 'GET', path: '/_ping', signal })).resume()
  }

  /** Sends a request and returns the answer's body. Rejects with {@link HttpStatusError} for an error status. */
  async send(request: EngineRequest): Promise<IncomingMessage> {
    const { negotiated } = await this.version(request.signal)
    return this.#exchange({ ...request, path: versioned(negotiated, request.path) })
  }

  /** Sends a request and checks only the status of the response. */
  async perform(request: EngineRequest): Promise<void> {
    await readText(await this.send(request))
  }

  /** Sends a request and reads the answer to its end as JSON; undefined if it is empty. */
  async json(request: EngineRequest): Promise<JsonObject | undefined> {
    const body = await readText(await this.send(request))
    return body === '' ? undefined : this.#parse(body)
  }

  /** Upgrades a request: the connection is then one of the given protocol, such as HTTP/2 without TLS of its own. */
  async upgrade({ protocol = 'h2c', body, ...request }: UpgradeRequest): Promise<Duplex> {
    const { negotiated } = await this.version(request.signal)
    const answer = await this.#dial(
      { ...request, method: 'POST', path: versioned(negotiated, request.path) },
      // An empty body, because docker-modem would send a chunked one, whose end the engine would take for HTTP/2.
      { hijack: true, file: Buffer.from(body ?? ''), headers: { ...request.headers, Upgrade: protocol } },
    )
    if (isResponse(answer)) throw await statusError(answer)
    return answer
  }

  /** Opens a connection that uses HTTP/2 from the first byte, for engines with API 1.53 and newer. */
  async dialHttp2(signal: AbortSignal | undefined): Promise<Duplex> {
    return this.#endpoint.kind === 'ssh' ? openSsh(this.#endpoint, this.#env) : openSocket(this.#endpoint, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy()
  }

  #parse(body: string): JsonObject {
    try {
      const answer = parseJson(body)
      if (isJsonObject(answer)) return answer
    } catch (cause) {
      throw this.#noEngine(cause)
    }
    throw this.#noEngine(new TypeError('the response is JSON, but not an object'))
  }

  #noEngine(cause: unknown): EngineError {
    return new EngineError('ENGINE_UNREACHABLE', `the server at ${this.address} is not an engine, or requires TLS`, {
      hint: 'check DOCKER_HOST or the current docker context; to use TLS, configure certificates',
      cause,
    })
  }

  async #exchange(request: EngineRequest): Promise<IncomingMessage> {
    const { body, headers } = request
    const answer = await this.#dial(request, { ...(body && { file: body }), headers: { ...headers } })
    if (!isResponse(answer)) throw new TypeError('the engine upgraded a connection unexpectedly')
    if (!answer.statusCode || answer.statusCode >= 300) throw await statusError(answer)
    return answer
  }

  #dial(request: EngineRequest, extra: object): Promise<IncomingMessage | Duplex> {
    const options = {
      ...extra,
      method: request.method,
      path: `${request.path}?`,
      // docker-modem also sends `options` as the body, unless `_body` is set.
      options: { _query: { ...request.query }, _body: {} },
      isStream: true,
      statusCodes: EVERY_STATUS,
      ...(request.signal && { abortSignal: request.signal }),
    }
    return new Promise((resolve, reject) => {
      this.#modem.dial(options, (error: unknown, answer: unknown) => {
        if (error) reject(statusIn(error) ?? error)
        else resolve(answer as IncomingMessage | Duplex)
      })
    })
  }
}

function versioned(version: ApiVersion, path: string): string {
  return `/v${version}${path}`
}

function isResponse(answer: IncomingMessage | Duplex): answer is IncomingMessage {
  return 'statusCode' in answer
}

/** docker-modem's own error for a status below 200 or above 599. */
function statusIn(error: unknown): HttpStatusError | undefined {
  const status = isJsonObject(error) ? error['statusCode'] : undefined
  return typeof status === 'number' ? new HttpStatusError(status, 'no status that an engine answers with') : undefined
}

async function statusError(response: IncomingMessage): Promise<HttpStatusError> {
  const body = await readText(response)
  return new HttpStatusError(response.statusCode ?? 0, messageOf(body) || response.statusMessage || 'no reason given')
}

/** The reason in the body of an error: JSON with a message from an engine, anything from a proxy before it. */
function messageOf(body: string): string {
  try {
    const answer = parseJson(body)
    return (isJsonObject(answer) ? textOf(answer['message']) : undefined) ?? body
  } catch {
    return body.trim()
  }
}

function agentFor(endpoint: Endpoint, env: Environment): Agent {
  if (endpoint.kind === 'ssh') return new SshAgent(endpoint, env)
  if (endpoint.kind !== 'tcp' || !endpoint.tls) return new Agent({ keepAlive: true })
  const { verify, ...material } = endpoint.tls
  return new TlsAgent({ keepAlive: true, ...material, rejectUnauthorized: verify })
}

/** Sets every field that docker-modem would otherwise read from the environment. */
function modemOptions(endpoint: Endpoint): Dockerode.DockerOptions {
  const none = { host: undefined, port: undefined, socketPath: undefined, timeout: undefined }
  const noTls = { ca: undefined, cert: undefined, key: undefined, protocol: 'http' as const }
  if (endpoint.kind === 'socket') return { ...none, ...noTls, socketPath: endpoint.path }
  if (endpoint.kind === 'ssh') return { ...none, ...noTls, host: 'engine', port: 80 }
  const { host, port, tls } = endpoint
  return { ...none, ...noTls, host, port, protocol: tls ? 'https' : 'http' }
}
