import { DefinitionError, type Issue } from '../model/errors.js'
import type { RegistryHostOptions, RegistryOptions } from './options.js'

const WHOLE = 'a whole number of at least 1'
const TIME = 'a number of milliseconds, at least 0'

/**
 * Rejects invalid options early: they would otherwise cause endless retries or requests that are never sent.
 *
 * @throws DefinitionError DEFINITION_INVALID
 */
export function checkOptions({ concurrency, retry, timeouts, hosts }: RegistryOptions): void {
  const issues = [
    ...numberIssue('concurrency', concurrency, WHOLE),
    ...numberIssue('retry.attempts', retry?.attempts, WHOLE),
    ...numberIssue('retry.time', retry?.time, TIME),
    ...numberIssue('retry.delay', retry?.delay, TIME),
    ...Object.entries(timeouts ?? {}).flatMap(([name, value]) => numberIssue(`timeouts.${name}`, value, TIME)),
    ...Object.entries(hosts ?? {}).flatMap(([host, given]) => hostIssues(`hosts['${host}']`, given)),
  ]
  if (issues.length > 0) throw new DefinitionError(issues)
}

function numberIssue(path: string, value: unknown, rule: typeof WHOLE | typeof TIME): readonly Issue[] {
  const isRight =
    rule === WHOLE ? Number.isSafeInteger(value) && Number(value) >= 1 : typeof value === 'number' && value >= 0
  return value === undefined || isRight ? [] : [{ path, message: `${String(value)} is not ${rule}` }]
}

function hostIssues(path: string, given: RegistryHostOptions): readonly Issue[] {
  const { ca, clientCertificate, plainHttp, chunkSize } = given
  const hint = "pass the PEM content, '-----BEGIN …', not the path of the file"
  return [
    ...numberIssue(`${path}.chunkSize`, chunkSize, WHOLE),
    ...(plainHttp && (ca ?? clientCertificate) !== undefined
      ? [{ path, message: 'certificates cannot be used with plain HTTP', hint: 'remove one of them' }]
      : []),
    ...(ca === undefined || isCertificate(ca)
      ? []
      : [{ path: `${path}.ca`, message: 'it is not a certificate', hint }]),
    ...(clientCertificate === undefined || isUsable(clientCertificate)
      ? []
      : [{ path: `${path}.clientCertificate`, message: 'certificate and key cannot be used together', hint }]),
  ]
}

// Both modules take long to load and are rarely needed; a synchronous check cannot use `import()`.
function isCertificate(pem: string): boolean {
  const { X509Certificate } = process.getBuiltinModule('node:crypto')
  return succeeds(() => new X509Certificate(pem))
}

function isUsable({ certificate, key, passphrase }: NonNullable<RegistryHostOptions['clientCertificate']>): boolean {
  const { createSecureContext } = process.getBuiltinModule('node:tls')
  return succeeds(() =>
    createSecureContext({ cert: certificate, key, ...(passphrase !== undefined && { passphrase }) }),
  )
}

function succeeds(attempt: () => unknown): boolean {
  try {
    attempt()
    return true
  } catch {
    return false
  }
}
