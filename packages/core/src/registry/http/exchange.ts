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

/** Registries copy a finished upload, some through an object store: at least 8 MiB per second. */
const COMMIT_RATE = (8 * 1024 * 1024) / 1000
/** The lowest rate of a response, in bytes per millisecond: 1 KiB per second. */
const MIN_RATE = 1024 / 1000

/**
 * Sends one request and returns the head of the response; the body is read by the caller. The connection is opened
 * while the login is fetched, because each takes at least one round trip.
 *
 * Uses node's own client: loading another one takes longer than a whole run without changes.
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
    limitWaiting(sent, { ...timeouts, answer: timeouts.answer + moves / COMMIT_RATE })
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

/** Not a promise: a request without a pending login is sent in the same turn of the event loop. */
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

/** The `signal` option of `request` watches every stream, which costs as much as the rest of the exchange. */
function endOnSignal(sent: ClientRequest, signal: AbortSignal | undefined): void {
  if (signal === undefined) return
  const end = () => void sent.destroy(new CancelledError(signal.reason))
  if (signal.aborted) end()
  sent.once('close', onAbort(signal, end))
}

/**
 * Ends a request and its source together. `pipeline` would hide the source's error, which is not a connection error.
 */
function bind(source: Readable, sent: ClientRequest): void {
  finished(source, { writable: false }, (error) => {
    if (error) sent.destroy(new SourceError(error))
  })
  sent.once('close', () => source.destroy())
}

/** A response before the end of the request is a rejection: the rest is not sent. */
function endWith(answer: IncomingMessage, sent: ClientRequest): void {
  // An error of an unread body must not end the process.
  answer.on('error', () => {})
  answer.once('end', () => {
    if (!sent.writableFinished) sent.destroy()
  })
}

/** Limits the time to connect, and from the end of the request to the head of the response. */
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
      // As below: progress while the process was not scheduled is processed only after timers.
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
    // On a busy machine, timers run before data that has already arrived is read.
    setImmediate(() => {
      if (answer.closed) return
      if (answer.readableLength > 0 || socket.bytesRead > bytesRead) socket.setTimeout(time)
      else answer.destroy(timeOut(`no data was received for ${time} ms`))
    })
  }
  socket.setTimeout(time).on('timeout', look)
  answer.once('close', () => socket.setTimeout(0).off('timeout', look))
}

/** Limits how slowly a body may arrive, so that a response of bounded size takes bounded time. */
function watchRate(answer: IncomingMessage, time: number): void {
  const { socket } = answer
  let before = socket.bytesRead
  const timer = setInterval(() => {
    setImmediate(() => {
      const taken = socket.bytesRead - before
      before = socket.bytesRead
      // A slow reader leaves bytes in the buffer.
      if (answer.closed || answer.complete || answer.readableLength > 0 || taken >= time * MIN_RATE) return
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
