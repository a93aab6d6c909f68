import { isLoopback } from '../../registry/hosts.js'
import type { CredentialStore } from '../../registry/port.js'
import { quoteServer } from '../../registry/redaction.js'
import { type Finding, fine, trouble } from './finding.js'

/** A registry that a run would talk to. */
export interface UsedRegistry {
  readonly host: string
  /** Whether images are pushed there, or only pulled from. */
  readonly isTarget: boolean
}

/** Milliseconds that a registry may take to answer. */
const PATIENCE = 15_000
/** Milliseconds by which clocks may differ: tokens are not valid before they were made. */
const MAX_SKEW = 60_000

/** Asks a registry whether it is there, what it says of the login, and what time it has. */
export async function checkRegistry(
  { host, isTarget }: UsedRegistry,
  credentials: CredentialStore,
  signal: AbortSignal | undefined,
): Promise<readonly Finding[]> {
  const subject = `registry ${host}`
  const address = host === 'docker.io' ? 'registry-1.docker.io' : host
  const scheme = isLoopback(address.replace(/:\d+$/, '')) ? 'http' : 'https'
  const { EnvHttpProxyAgent, fetch } = await import('undici')
  const patience = AbortSignal.timeout(PATIENCE)
  try {
    const answer = await fetch(`${scheme}://${address}/v2/`, {
      dispatcher: new EnvHttpProxyAgent(),
      signal: signal === undefined ? patience : AbortSignal.any([signal, patience]),
    })
    await answer.arrayBuffer()
    const login = await checkLogin({ host, isTarget }, answer.status, credentials)
    return [...login, ...clockFindings(host, answer.headers.get('date'))]
  } catch (error) {
    signal?.throwIfAborted()
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    const advice =
      'check the name and the network; behind a proxy, set HTTPS_PROXY; for a certificate of your own, NODE_EXTRA_CA_CERTS'
    return [trouble('problem', subject, `does not answer: ${quoteServer(reason)}`, advice)]
  }
}

async function checkLogin(
  { host, isTarget }: UsedRegistry,
  status: number,
  credentials: CredentialStore,
): Promise<readonly Finding[]> {
  const subject = `registry ${host}`
  try {
    const isKnown = (await credentials.find(host)) !== undefined
    if (status === 200) return [fine(subject, 'answers, and wants no login')]
    if (status !== 401) {
      const advice = 'see whether this is a registry, and what stands before it'
      return [trouble('problem', subject, `answers with ${status}`, advice)]
    }
    if (isKnown) return [fine(subject, 'answers, and a login is known')]
    if (!isTarget) return [fine(subject, 'answers; no login is known, so only what is public can be pulled')]
    return [trouble('problem', subject, 'wants a login, and none is known', `docker login ${host}`)]
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return [
      trouble(
        'problem',
        subject,
        `its login cannot be read: ${message}`,
        'correct the docker config file, or install the credential helper that it names',
      ),
    ]
  }
}

function clockFindings(host: string, date: string | null): readonly Finding[] {
  const theirs = date === null ? Number.NaN : Date.parse(date)
  const skew = Math.abs(Date.now() - theirs)
  if (Number.isNaN(skew) || skew <= MAX_SKEW) return []
  const message = `differs by ${Math.round(skew / 1000)} s from that of ${host}`
  return [
    trouble(
      'warning',
      'clock',
      message,
      'set the clock (timedatectl set-ntp true): tokens and certificates are refused otherwise',
    ),
  ]
}
