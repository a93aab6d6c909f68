import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Certificate } from '../support/certificate.js'
import type { StoredContent } from './checker.js'
import type { ChaosFault, FaultAction, FaultyRequest } from './faults.js'

/** Longer than the client waits for an answer, in milliseconds. */
const DELAY = 3_000

/** A fault, and when it happens. */
export interface PlannedFault {
  readonly fault: ChaosFault
  /** Index among the requests that the fault can meet. */
  readonly at: number
  readonly lasting: boolean
  /** From 0 to below 1: which byte is flipped, or where a body ends. */
  readonly position: number
  /** What tags held before the operation, by path, for stale reads. */
  readonly before: ReadonlyMap<string, StoredContent>
}

/** A proxy between polyarch and a registry whose address never changes. */
export interface ChaosProxy extends AsyncDisposable {
  readonly host: string
  readonly ca: string | undefined
  /** Passes requests on to a registry from now on. @returns the requests that come by. */
  begin(upstream: string, planned?: PlannedFault): readonly FaultyRequest[]
  /** Ends all connections, and waits for what the registry is carrying out: a client may have given it up. */
  end(): Promise<void>
}

interface Phase {
  readonly upstream: string
  readonly planned: PlannedFault | undefined
  readonly seen: FaultyRequest[]
  readonly agent: Agent
  readonly underWay: Set<Promise<unknown>>
  met: number
  isOver: boolean
}

/** Starts a proxy; with a certificate it uses TLS, and plain HTTP to the registry. */
export async function startChaosProxy(certificate?: Certificate): Promise<ChaosProxy> {
  let phase: Phase | undefined
  const listener = (incoming: IncomingMessage, response: ServerResponse) => {
    const current = phase
    if (current === undefined) return void incoming.socket.destroy()
    handle(current, incoming, response, certificate !== undefined).catch(() => incoming.socket.destroy())
  }
  const server = certificate
    ? createTlsServer({ key: certificate.key, cert: certificate.certificate }, listener)
    : createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const end = async () => {
    if (phase === undefined) return
    const ended = phase
    phase = undefined
    ended.isOver = true
    server.closeAllConnections()
    await Promise.allSettled(ended.underWay)
    ended.agent.destroy()
  }
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca: certificate?.certificate,
    begin(upstream, planned) {
      if (phase !== undefined) throw new Error('the last phase has not ended')
      const agent = new Agent({ keepAlive: true })
      phase = { upstream, planned, seen: [], agent, underWay: new Set(), met: 0, isOver: false }
      return phase.seen
    },
    end,
    async [Symbol.asyncDispose]() {
      await end()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function handle(phase: Phase, incoming: IncomingMessage, response: ServerResponse, isTls: boolean) {
  const seen = { method: incoming.method ?? '', path: incoming.url ?? '' }
  phase.seen.push(seen)
  const action = actionFor(phase, seen)
  if (action?.kind === 'cut-before') return void incoming.socket.destroy()
  const body = await buffer(incoming)
  if (action?.kind === 'delay') {
    await sleep(DELAY)
    // A request whose client is gone is not carried out later.
    if (phase.isOver || response.destroyed || incoming.socket.destroyed) return
  }
  const local = action && answeredHere(action, seen, body, phase)
  if (local) return void response.writeHead(local.status, local.headers).end(local.body)
  if (phase.isOver) return
  const passing = passOn(phase, incoming, body, isTls)
  phase.underWay.add(passing)
  const { answer, content } = await passing.finally(() => phase.underWay.delete(passing))
  respond(action, phase.planned?.position ?? 0, { answer, content, incoming, response })
}

function actionFor(phase: Phase, seen: FaultyRequest): FaultAction | undefined {
  const { planned } = phase
  if (planned === undefined || !planned.fault.meets(seen)) return undefined
  const index = phase.met
  phase.met += 1
  return index === planned.at || (planned.lasting && index > planned.at) ? planned.fault.action : undefined
}

interface LocalAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | Buffer | undefined
}

function answeredHere(action: FaultAction, seen: FaultyRequest, body: Buffer, phase: Phase): LocalAnswer | undefined {
  switch (action.kind) {
    case 'answer':
      return action
    case 'redirect-loop':
      return { status: 307, headers: { location: seen.path } }
    case 'lose-write':
      return lostWrite(seen, body)
    case 'stale':
      return staleRead(seen, phase.planned?.before)
    default:
      return undefined
  }
}

/** What the registry would answer if it had carried the request out. */
function lostWrite({ method, path }: FaultyRequest, body: Buffer): LocalAnswer {
  if (method === 'DELETE') return { status: 202 }
  const url = new URL(path, 'http://registry.example.com')
  const isManifest = url.pathname.includes('/manifests/')
  const stated = url.searchParams.get('digest') ?? url.searchParams.get('mount') ?? ''
  const digest = isManifest ? `sha256:${createHash('sha256').update(body).digest('hex')}` : stated
  return { status: 201, headers: { location: url.pathname, 'docker-content-digest': digest } }
}

function staleRead({ method, path }: FaultyRequest, before: PlannedFault['before'] | undefined): LocalAnswer {
  const held = before?.get(path)
  if (held === undefined)
    return {
      status: 404,
      headers: { 'content-type': 'application/json' },
      body: method === 'HEAD' ? '' : '{"errors":[{"code":"MANIFEST_UNKNOWN"}]}',
    }
  const headers = {
    'content-type': held.mediaType,
    'content-length': `${held.bytes.byteLength}`,
    'docker-content-digest': held.digest,
  }
  return { status: 200, headers, body: method === 'HEAD' ? undefined : held.bytes }
}

async function passOn(
  { upstream, agent }: Phase,
  incoming: IncomingMessage,
  body: Buffer,
  isTls: boolean,
): Promise<Pick<Exchange, 'answer' | 'content'>> {
  // Registries name their own address by these.
  const headers = { ...incoming.headers, ...(isTls && { 'x-forwarded-proto': 'https' }) }
  const outgoing = request(`http://${upstream}${incoming.url}`, { method: incoming.method, headers, agent })
  outgoing.end(body)
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
  return { answer, content: await buffer(answer) }
}

interface Exchange {
  readonly answer: IncomingMessage
  readonly content: Buffer
  readonly incoming: IncomingMessage
  readonly response: ServerResponse
}

function respond(action: FaultAction | undefined, position: number, exchange: Exchange): void {
  const { answer, content, incoming, response } = exchange
  if (action?.kind === 'cut-after') return void incoming.socket.destroy()
  if (action?.kind === 'answer-after') {
    response.writeHead(action.status, { 'content-type': 'application/json' }).end('{"errors":[]}')
    return
  }
  const at = Math.floor(position * content.byteLength)
  response.writeHead(answer.statusCode ?? 500, changedHeaders(action, answer.headers, content))
  if (action?.kind === 'truncate' && content.byteLength > 0) {
    response.write(content.subarray(0, at), () => incoming.socket.destroy())
    return
  }
  if (action?.kind === 'flip' && content.byteLength > 0)
    content[at] = (content[at] ?? 0) ^ (1 << Math.floor(position * 8))
  response.end(content)
}

const KEPT_HEADERS: readonly string[] = ['content-length', 'date', 'connection']

function changedHeaders(action: FaultAction | undefined, headers: IncomingHttpHeaders, content: Buffer) {
  switch (action?.kind) {
    case 'no-headers':
      return Object.fromEntries(Object.entries(headers).filter(([name]) => KEPT_HEADERS.includes(name)))
    case 'wrong-digest': {
      const digest = `sha256:${createHash('sha256').update(content).update('wrong').digest('hex')}`
      return { ...headers, 'docker-content-digest': digest }
    }
    case 'wrong-location':
      return headers.location === undefined ? headers : { ...headers, location: '/v2/nowhere/blobs/uploads/none' }
    default:
      return headers
  }
}
