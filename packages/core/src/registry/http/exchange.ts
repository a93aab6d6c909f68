import type { ClientRequest, IncomingMessage } from 'node:http'
import { finished, Readable } from 'node:stream'
import { onAbort } from '../../model/async/on-abort.js'
import { CancelledError } from '../../model/errors.js'
import type { RegistryTimeouts } from '../options.js'
import type { ConnectionRoute } from './agents.js'
import { SourceError } from './errors/transient-error.js'
import type { HttpRequest, RequestBody } from './http-message.js'

/** Options of an exchange. */
export interface ExchangeOptions {
  readonly way: ConnectionRoute
  readonly timeouts: Required<RegistryTimeouts>
  readonly signal?: AbortSignal | undefined
}

/** Registries copy a finished upload to its place, some through an object store: 8 MiB per second. */
const MOVED_PER_MS = (8 * 1024 * 1024) / 1000
/** The lowest rate of a response, in bytes per millisecond: 1 KiB per second. */
const LEAST_RATE = 1024 / 1000

/**
 * Sends one request, and gives the head of its answer, with the body still to be read. The connection is opened while
 * the login is on its way: each takes a way there and back, or several.
 *
 * By node's own client: it is there already, where others take longer to load than a whole run that finds nothing to do.
 */
export async function exchange(
  { method, url, path, headers, authorization, body, moves = 0 }: HttpRequest,
  { way: { agent, headFirst, proxy: _, ...tls }, timeouts, signal }: ExchangeOptions,
): Promise<IncomingMessage> {
  const { request } = await (url.protocol === 'https:' ? import('node:https') : import('node:http'))
  const login = headFirst ? await obtained(authorization) : authorization
  const source = await openBody(body)
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      ...tls,
      agent,
      method,
      headers: { ...headers, ...lengthHeader(body) },
      ...(path !== undefined && { path }),
    })
    sent.on('error', reject)
    endOnSignal(sent, signal)
    sent.once('response', (answer) => {
      endWith(answer, sent)
      watchIdling(answer, timeouts.idle)
      watchRate(answer, timeouts.idle)
      resolve(answer)
    })
    limitWaiting(sent, { ...timeouts, answer: timeouts.answer + moves / MOVED_PER_MS })
    if (source instanceof Readable) {
      bind(source, sent)
      watchSending(sent, timeouts.idle)
    }
    const send = (known: string | undefined) => {
      if (known !== undefined) sent.setHeader('authorization', known)
      if (source instanceof Readable) source.pipe(sent)
      else sent.end(source)
    }
    const fail = (error: Error) => void sent.destroy(error)
    if (login instanceof Promise) obtained(login).then(send).catch(fail)
    else attempt(() => send(login), fail)
  })
}

/** At once, unlike a promise: a request that waits for nothing goes out with the turn that it was made in. */
function attempt(work: () => void, fail: (error: Error) => void): void {
  try {
    work()
  } catch (error) {
    fail(error as Error)
  }
}

async function obtained(authorization: HttpRequest['authorization']): Promise<string | undefined> {
  try {
    return await authorization
  } catch (cause) {
    throw new SourceError(cause)
  }
}

/** Not by the option of `request`, which watches each stream of the exchange, and costs as much as all else here. */
function endOnSignal(sent: ClientRequest, signal: AbortSignal | undefined): void {
  if (signal === undefined) return
  const end = () => void sent.destroy(new CancelledError(signal.reason))
  if (signal.aborted) end()
  sent.once('close', onAbort(signal, end))
}

/**
 * Lets a request and its source end together. Not by `pipeline`, which hides the error that the source failed with: that is
 * kept apart from what goes wrong with the connection.
 */
function bind(source: Readable, sent: ClientRequest): void {
  finished(source, { writable: false }, (error) => {
    if (error) sent.destroy(new SourceError(error))
  })
  sent.once('close', () => source.destroy())
}

/** A response that arrives before the request is complete is a rejection: the rest is not sent. */
function endWith(answer: IncomingMessage, sent: ClientRequest): void {
  // An error of a body that is no longer read must not end the process.
  answer.on('error', () => {})
  answer.once('end', () => {
    if (!sent.writableFinished) sent.destroy()
  })
}

/** Bounds the time until there is a connection, and that from the end of the request to the head of its answer. */
function limitWaiting(sent: ClientRequest, { connect, answer }: Required<RegistryTimeouts>): void {
  let timer = startTimer(connect, 'connected')
  sent.once('socket', (socket) => {
    if (!socket.connecting) return clearTimeout(timer)
    socket
      .once('secureConnect', () => clearTimeout(timer))
      .once('connect', () => {
        if (!('encrypted' in socket)) clearTimeout(timer)
      })
  })
  sent.once('finish', () => {
    clearTimeout(timer)
    timer = startTimer(answer, 'answered')
  })
  for (const event of ['response', 'close']) sent.once(event, () => clearTimeout(timer))

  function startTimer(time: number, what: string): NodeJS.Timeout {
    return setTimeout(() => sent.destroy(timeOut(`the registry has not ${what} within ${time} ms`)), time)
  }
}

/** Limits the time in which the server accepts no part of a body. Time spent waiting for the source does not count. */
function watchSending(sent: ClientRequest, time: number): void {
  sent.once('socket', (socket) => {
    const taken = () => socket.bytesWritten - socket.writableLength
    const look = () => {
      const before = taken()
      // As below: what was taken while this process had no turn is known only after timers.
      setImmediate(() => {
        if (sent.writableFinished || sent.closed || socket.connecting) return
        if (socket.writableLength === 0 || taken() > before) socket.setTimeout(time)
        else sent.destroy(timeOut(`no data was accepted for ${time} ms`))
      })
    }
    socket.setTimeout(time).on('timeout', look)
    for (const event of ['finish', 'close']) sent.once(event, () => socket.off('timeout', look))
  })
}

/** Limits the time between two parts of a body. Time in which the reader pauses does not count. */
function watchIdling(answer: IncomingMessage, time: number): void {
  const { socket } = answer
  const look = () => {
    const { bytesRead } = socket
    // Timers come first: what arrived while this process had no turn, as on a busy machine, is read only after them.
    setImmediate(() => {
      if (answer.closed) return
      if (answer.readableLength > 0 || socket.bytesRead > bytesRead) socket.setTimeout(time)
      else answer.destroy(timeOut(`no data was received for ${time} ms`))
    })
  }
  socket.setTimeout(time).on('timeout', look)
  answer.once('close', () => socket.setTimeout(0).off('timeout', look))
}

/** Bounds how slowly a body may come, so that an answer of bounded size ends in bounded time. */
function watchRate(answer: IncomingMessage, time: number): void {
  const { socket } = answer
  let before = socket.bytesRead
  const timer = setInterval(() => {
    setImmediate(() => {
      const taken = socket.bytesRead - before
      before = socket.bytesRead
      // A slow reader leaves bytes in the buffer.
      if (answer.closed || answer.complete || answer.readableLength > 0 || taken >= time * LEAST_RATE) return
      answer.destroy(timeOut(`only ${taken} bytes were received within ${time} ms`))
    })
  }, time).unref()
  answer.once('close', () => clearInterval(timer))
}

function timeOut(message: string): Error {
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' })
}

function lengthHeader(body: RequestBody | undefined): Record<string, string> {
  return body && 'open' in body ? { 'content-length': String(body.size) } : {}
}

async function openBody(body: RequestBody | undefined): Promise<Uint8Array | Readable | undefined> {
  if (body === undefined || !('open' in body)) return body
  try {
    return await body.open()
  } catch (cause) {
    throw new SourceError(cause)
  }
}
