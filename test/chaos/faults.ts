/** What a fault is applied to. */
export interface FaultyRequest {
  readonly method: string
  /** With the query. */
  readonly path: string
}

/** What the proxy does with one request. */
export type FaultAction =
  | { readonly kind: 'cut-before' | 'cut-after' | 'truncate' | 'flip' | 'delay' | 'stale' | 'lose-write' }
  | { readonly kind: 'wrong-digest' | 'wrong-location' | 'no-headers' | 'redirect-loop' }
  /** Answered so, and not passed on. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
    }
  /** Passed on, carried out, and answered with this status. */
  | { readonly kind: 'answer-after'; readonly status: number }

/** A fault of the matrix. */
export interface ChaosFault {
  readonly name: string
  readonly action: FaultAction
  /** Whether it can meet a request. */
  readonly meets: (request: FaultyRequest) => boolean
  /**
   * Whether it also happens from a request on; a registry whose reads are always stale cannot be distinguished from a
   * correct one.
   */
  readonly lasts: boolean
}

const HTML = '<!doctype html><title>Sign in</title><p>Sign in to continue.</p>'
const ERROR_CODES: Readonly<Record<number, string>> = {
  401: 'UNAUTHORIZED',
  403: 'DENIED',
  404: 'NAME_UNKNOWN',
  429: 'TOOMANYREQUESTS',
}

const always = () => true
const hasBody = ({ method }: FaultyRequest) => method === 'GET'
const isWrite = ({ method }: FaultyRequest) => method !== 'GET' && method !== 'HEAD'
/** Starting an upload writes nothing that could be lost, unless it mounts a blob. */
const isLosable = (request: FaultyRequest) =>
  request.method === 'PUT' || request.method === 'DELETE' || request.path.includes('mount=')
const isTagRead = ({ method, path }: FaultyRequest) =>
  (method === 'GET' || method === 'HEAD') && /\/manifests\/(?!sha256:)/.test(path)

function answer(status: number): ChaosFault {
  const code = ERROR_CODES[status]
  const body = code === undefined ? 'bad gateway' : JSON.stringify({ errors: [{ code, message: 'injected' }] })
  const headers = { 'content-type': code === undefined ? 'text/plain' : 'application/json' }
  return { name: `${status}`, action: { kind: 'answer', status, body, headers }, meets: always, lasts: true }
}

function answerAfter(status: number): ChaosFault {
  return { name: `${status}-after`, action: { kind: 'answer-after', status }, meets: isWrite, lasts: true }
}

function simple(
  kind: Exclude<FaultAction['kind'], 'answer' | 'answer-after'>,
  meets: ChaosFault['meets'],
  lasts = true,
): ChaosFault {
  return { name: kind, action: { kind }, meets, lasts }
}

/** Every fault that the proxy injects. */
export const FAULTS: readonly ChaosFault[] = [
  simple('cut-before', always),
  simple('cut-after', always),
  ...[429, 500, 502, 404, 403, 401].map(answer),
  ...[500, 502, 404, 429].map(answerAfter),
  simple('truncate', hasBody),
  simple('flip', hasBody),
  simple('wrong-digest', always),
  simple('wrong-location', isWrite),
  simple('no-headers', always),
  simple('lose-write', isLosable),
  simple('stale', isTagRead, false),
  simple('redirect-loop', always),
  { name: 'empty-200', action: { kind: 'answer', status: 200, headers: {} }, meets: always, lasts: true },
  {
    name: 'html-200',
    action: { kind: 'answer', status: 200, headers: { 'content-type': 'text/html' }, body: HTML },
    meets: always,
    lasts: true,
  },
  { name: 'bare-201', action: { kind: 'answer', status: 201, headers: {} }, meets: always, lasts: true },
  simple('delay', always),
]
