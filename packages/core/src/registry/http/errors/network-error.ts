import { RegistryError } from '../../../model/errors.js'
import type { HttpRequest } from '../http-message.js'
import { redactUrl } from '../redaction.js'
import { TransientError } from './transient-error.js'

const PASSING: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENETDOWN',
  'ERR_STREAM_PREMATURE_CLOSE',
  'HPE_INVALID_EOF_STATE',
])

const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

const HINTS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'the connection was refused: check the host and port, and that the registry runs'],
  ['ENOTFOUND', 'the host name cannot be resolved: check its spelling and DNS'],
  ['EAI_AGAIN', 'DNS did not answer: check the network'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for other names'],
])

const PROXY_HINT = 'check HTTP_PROXY and HTTPS_PROXY, or add the host to NO_PROXY'

const NO_TLS: ReadonlySet<string> = new Set(['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER'])

/**
 * Converts a network error to an error of the request.
 *
 * @param proxy - The proxy that the connection went through; empty if there was none.
 */
export function networkError(
  cause: unknown,
  request: Pick<HttpRequest, 'method' | 'url'>,
  proxy = '',
): RegistryError | TransientError {
  const code = codeOf(cause)
  const url = redactUrl(request.url)
  const through = proxy === '' ? '' : ` through the proxy ${proxy}`
  const hint =
    proxy !== '' && code === 'ECONNREFUSED'
      ? `the proxy ${proxy} refused the connection: ${PROXY_HINT}`
      : hintFor(code, request.url.host)
  const error = new RegistryError(
    'REGISTRY_UNREACHABLE',
    `${request.method} ${url}${through} failed: ${describe(cause, code)}`,
    {
      cause,
      exchange: { method: request.method, url },
      ...(hint !== undefined && { hint }),
    },
  )
  return PASSING.has(code) ? new TransientError(error, { isTimeOut: code === 'ETIMEDOUT' }) : error
}

function hintFor(code: string, host: string): string | undefined {
  if (NO_TLS.has(code))
    return `the host does not use TLS: for plain HTTP, set registryClient: { insecureHosts: ['${host}'] }`
  if (!UNTRUSTED.has(code)) return HINTS.get(code)
  return `its certificate is signed by an unknown authority: set NODE_EXTRA_CA_CERTS to the authority's file, or registryClient: { hosts: { '${host}': { ca } } }`
}

/** OpenSSL's message contains addresses and source locations around the reason. */
const OPENSSL = / [0-9A-F]+:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):.*$/s

function describe(cause: unknown, code: string): string {
  const reason = (cause instanceof Error && cause.message) || 'the connection was lost'
  const message = reason.replace(OPENSSL, ' ($1)')
  return code === '' || message.includes(code) ? message : `${message} ${code}`
}

/** The code of an error, or of its first inner error: connecting to several addresses gives an AggregateError. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ''
  if ('code' in error && typeof error.code === 'string') return error.code
  if ('errors' in error && Array.isArray(error.errors)) return codeOf(error.errors[0])
  return 'cause' in error ? codeOf(error.cause) : ''
}
