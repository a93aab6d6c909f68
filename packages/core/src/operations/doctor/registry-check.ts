import { type PolyarchError, RegistryError } from '../../model/errors.js'
import { formatReference, formatRepository, type Reference } from '../../model/reference.js'
import { createRegistry } from '../../registry/client.js'
import { describeCredentials } from '../../registry/http/errors/credential-use.js'
import type { RegistryOptions } from '../../registry/options.js'
import type { CredentialStore, Registry } from '../../registry/port.js'
import { RegistryProbe } from '../../registry/registry-probe.js'
import { hintFor } from '../../report/advice.js'
import { type Finding, fine, warningOrError } from './finding.js'

/** A registry that a run would use. */
export interface UsedRegistry {
  readonly host: string
  /** Images that are pulled from this registry. */
  readonly bases: readonly Reference[]
  /** Names to push to this registry, each with a name that the run would read. */
  readonly targets: readonly Reference[]
}

/** In milliseconds; shorter than for a push, because the user waits. */
const PATIENCE = { connect: 10_000, answer: 15_000, idle: 15_000 }
/** Accepted difference of clocks, in milliseconds: a token is not valid before its issue time. */
const MAX_SKEW = 60_000

/** Options of the registry checks. */
interface CheckContext {
  readonly probe: RegistryProbe
  readonly registry: Registry
  readonly credentials: CredentialStore
  readonly signal: AbortSignal | undefined
}

/** Checks whether registries are reachable, whether the required images may be pulled and pushed, and their clocks. */
export async function checkRegistries(
  used: readonly UsedRegistry[],
  options: RegistryOptions & { readonly credentials: CredentialStore },
  signal: AbortSignal | undefined,
): Promise<readonly Finding[]> {
  const patient: RegistryOptions = { ...options, retry: { ...options.retry, attempts: 1 }, timeouts: PATIENCE }
  await using probe = new RegistryProbe(patient)
  await using registry = createRegistry(patient)
  const context = { probe, registry, credentials: options.credentials, signal }
  return (await Promise.all(used.map((one) => checkRegistry(one, context)))).flat()
}

async function checkRegistry(
  { host, bases, targets }: UsedRegistry,
  context: CheckContext,
): Promise<readonly Finding[]> {
  const mirrors = await Promise.all(context.probe.mirrorsOf(host).map((mirror) => checkMirror(mirror, host, context)))
  const hostFindings = await checkHost(host, context)
  if (hostFindings.some(({ state }) => state === 'error')) return [...mirrors.flat(), ...hostFindings]
  const found = [
    ...bases.map((base) => checkBase(base, context)),
    ...targets.map((target) => checkTarget(target, context)),
  ]
  return [...mirrors.flat(), ...hostFindings, ...(await Promise.all(found)).flat()]
}

async function checkHost(host: string, { probe, credentials, signal }: CheckContext): Promise<readonly Finding[]> {
  const subject = `registry ${host}`
  return orFinding(subject, async () => {
    const { status, date } = await probe.ping(host, { signal })
    if (status !== 200 && status !== 401) {
      const advice = 'check that this is a registry, and the proxy in front of it'
      return [warningOrError('error', subject, `answers with ${status}`, advice)]
    }
    const known = await credentials.find(host, { signal })
    const login = known === undefined ? 'no login is configured' : `the login is ${describeCredentials(known)}`
    return [fine(subject, `answers; ${login}`), ...clockFindings(host, date)]
  })
}

/** A run skips a failing mirror without a message, and takes longer. */
async function checkMirror(mirror: string, host: string, { probe, signal }: CheckContext): Promise<readonly Finding[]> {
  const subject = `mirror ${mirror}`
  const advice = `correct or remove it in the mirrors of ${host}; until then ${host} itself is used`
  const findings = await orFinding(subject, async () => {
    const { status } = await probe.ping(mirror, { signal })
    if (status === 200 || status === 401) return [fine(subject, `answers for ${host}`)]
    return [warningOrError('error', subject, `answers with ${status}`, advice)]
  })
  return findings.map((finding) => (finding.state === 'ok' ? finding : { ...finding, state: 'warning', advice }))
}

async function checkBase(base: Reference, { registry, signal }: CheckContext): Promise<readonly Finding[]> {
  const subject = `base ${formatReference(base)}`
  return orFinding(subject, async () => {
    if ((await registry.resolve(base, { signal })) !== undefined) return [fine(subject, 'exists and can be pulled')]
    return [warningOrError('error', subject, 'does not exist', 'check its name and tag, or use another release')]
  })
}

/** Reads first, as a run does: some logins may push but not pull. */
async function checkTarget(target: Reference, { probe, registry, signal }: CheckContext): Promise<readonly Finding[]> {
  const subject = `repository ${formatRepository(target)}`
  return orFinding(subject, async () => {
    await registry.resolve(target, { signal, fresh: true })
    try {
      const { cancelled } = await probe.tryPush(target, { signal })
      const end = cancelled ? 'cancelled' : 'left to expire, because the registry does not support cancelling'
      return [fine(subject, `can be pulled from and pushed to (an upload was opened and ${end})`)]
    } catch (error) {
      if (!(error instanceof RegistryError) || error.code !== 'NOT_FOUND') throw error
      const advice = 'create it first: this registry does not create it at the first push'
      return [warningOrError('error', subject, 'does not exist, and a push does not create it', advice)]
    }
  })
}

/** Converts an error of a check to a finding. */
async function orFinding(subject: string, check: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await check()
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    return [refused(subject, error)]
  }
}

function refused(subject: string, { code, message, hint }: PolyarchError): Finding {
  return warningOrError('error', subject, message, hint ?? hintFor(code))
}

function clockFindings(host: string, date: Date | undefined): readonly Finding[] {
  const skew = date === undefined ? 0 : Math.abs(Date.now() - date.getTime())
  if (skew <= MAX_SKEW) return []
  const message = `differs by ${Math.round(skew / 1000)} s from that of ${host}`
  const advice = 'set the clock (timedatectl set-ntp true); otherwise tokens and certificates are rejected'
  return [warningOrError('warning', 'clock', message, advice)]
}
