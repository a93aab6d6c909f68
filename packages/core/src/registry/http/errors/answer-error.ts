import { STORAGE_FULL } from '../../../model/disk-full.js'
import { RegistryError, type RegistryErrorCode, type RegistryExchange } from '../../../model/errors.js'
import { parseJson } from '../../../model/json.js'
import { LIMITS } from '../../../model/limits.js'
import type { Credentials } from '../../port.js'
import { parseChallenges } from '../challenge.js'
import { type HttpAnswer, type HttpRequest, headerOf, listHeaderOf, readBounded } from '../http-message.js'
import { quoteServer, redactUrl } from '../redaction.js'
import { parseRetryAfter } from '../retry-after.js'
import { loginHint, secretsOf } from './credential-use.js'
import { TransientError } from './transient-error.js'

/** The host of a response, and the login that it got. */
export interface AnswerContext {
  readonly host: string
  readonly credentials: Credentials | undefined
  /** Why no login was sent, as a sentence. */
  readonly reason?: string | undefined
}

const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])
const WRITING: ReadonlySet<string> = new Set(['POST', 'PATCH', 'PUT'])
const REQUEST_ID_HEADERS = [
  'x-request-id',
  'x-github-request-id',
  'x-amzn-requestid',
  'x-ms-correlation-request-id',
  'docker-request-id',
  'cf-ray',
]

/** Converts a response to an error; a TransientError if a retry may succeed. Reads the body. */
export async function answerError(
  answer: HttpAnswer,
  request: Pick<HttpRequest, 'method' | 'authorization'>,
  context: AnswerContext,
): Promise<RegistryError | TransientError> {
  const { status } = answer
  const secrets = secretsOf(context.credentials, await request.authorization)
  const details = await readDetails(answer, secrets)
  const requestId = REQUEST_ID_HEADERS.map((name) => headerOf(answer, name)).find((id) => id !== undefined)
  const exchange = {
    method: request.method,
    url: redactUrl(answer.url),
    status,
    codes: details.map(({ code }) => code),
    ...(requestId !== undefined && { requestId: quoteServer(requestId, secrets) }),
  }
  const code = lacksScope(answer) && context.credentials ? 'REGISTRY_DENIED' : errorCode(status, exchange.codes)
  const wait = parseRetryAfter(headerOf(answer, 'retry-after'), Date.now())
  const hint = hintFor(code, exchange, context, wait)
  const detail = details.map(({ code, message }) => (message === '' ? code : `${code} (${message})`)).join(', ')
  const message = `${exchange.method} ${exchange.url} was answered with ${status}${detail === '' ? '' : ` ${detail}`}`
  const error = new RegistryError(code, message, { exchange, ...(hint !== undefined && { hint }) })
  return PASSING.has(status) ? new TransientError(error, { wait }) : error
}

function errorCode(status: number, codes: readonly string[]): RegistryErrorCode {
  if (status === 403 || codes.includes('DENIED')) return 'REGISTRY_DENIED'
  if (status === 401 || codes.includes('UNAUTHORIZED')) return 'REGISTRY_UNAUTHORIZED'
  // A 400 or 404 for a manifest that is put means that its content is missing, not the manifest.
  if (codes.includes('MANIFEST_BLOB_UNKNOWN')) return 'REGISTRY_REJECTED'
  if (status === 404) return 'NOT_FOUND'
  return codes.includes('DIGEST_INVALID') && status === 400 ? 'DIGEST_MISMATCH' : 'REGISTRY_REJECTED'
}

/** Whether the token is valid but lacks the scope: the login has no permission. */
function lacksScope(answer: HttpAnswer): boolean {
  const challenges = answer.status === 401 ? parseChallenges(listHeaderOf(answer, 'www-authenticate')) : []
  return challenges.some(({ parameters }) => parameters.get('error') === 'insufficient_scope')
}

function hintFor(
  code: RegistryErrorCode,
  { method, status, url, codes }: Required<Pick<RegistryExchange, 'method' | 'status' | 'url' | 'codes'>>,
  context: AnswerContext,
  wait: number | undefined,
): string | undefined {
  if (code === 'REGISTRY_DENIED' || code === 'REGISTRY_UNAUTHORIZED')
    return context.reason ?? loginHint(context.host, context.credentials)
  if (status === STORAGE_FULL) return `the disk of ${context.host} is full: free space there, then run again`
  if (status === 413) return `a proxy in front of ${context.host} limits uploads: set 'chunkSize' of the host`
  if (status === 400 && codes.length === 0 && url.startsWith('http:'))
    return `the request used plain HTTP: if the host requires TLS, set registryClient: { hosts: { '${context.host}': { plainHttp: false } } }`
  if (code === 'NOT_FOUND' && WRITING.has(method) && codes.includes('NAME_UNKNOWN'))
    return `create the repository first: ${context.host} does not create it at the first push`
  if (codes.includes('MANIFEST_BLOB_UNKNOWN'))
    return `content that it refers to is not in the repository or was deleted: run again to push what is missing`
  if (status === 405) return `${context.host} does not support this operation`
  if (status !== 429) return undefined
  const when = wait === undefined ? 'later' : `in ${Math.ceil(wait / 1000)} s`
  return `${context.host} limits the request rate: try again ${when}, or log in if that raises the limit`
}

interface ErrorDetail {
  readonly code: string
  readonly message: string
}

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#error-codes */
async function readDetails(answer: HttpAnswer, secrets: readonly string[]): Promise<readonly ErrorDetail[]> {
  const bytes = await readBounded(answer, LIMITS.errorBody).catch(() => undefined)
  const quoted = ({ code, message }: ErrorDetail) => ({
    code: quoteServer(code, secrets),
    message: quoteServer(message, secrets),
  })
  return parseErrorBody(bytes?.toString() ?? '').map(quoted)
}

/** The errors in a body of the specification's form; none if it has another. */
function parseErrorBody(text: string): readonly ErrorDetail[] {
  try {
    const body: unknown = parseJson(text)
    if (typeof body !== 'object' || body === null) return []
    if ('errors' in body && Array.isArray(body.errors)) return body.errors.slice(0, 8).flatMap(detailOf)
    // The form of token services and some front ends.
    if ('details' in body && typeof body.details === 'string') return [{ code: 'ERROR', message: body.details }]
    return []
  } catch {
    return []
  }
}

function detailOf(entry: unknown): readonly ErrorDetail[] {
  if (typeof entry !== 'object' || entry === null) return []
  const code = 'code' in entry && typeof entry.code === 'string' ? entry.code : 'UNKNOWN'
  return [{ code, message: 'message' in entry && typeof entry.message === 'string' ? entry.message : '' }]
}
