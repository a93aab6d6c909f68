import { timeLimit } from '../model/async/time-limit.js'
import type { Digest } from '../model/digest.js'
import { RegistryError } from '../model/errors.js'
import { formatReference, type Reference } from '../model/reference.js'
import type { RunEvent } from '../model/run/events.js'
import type { Registry, RegistryCall } from './port.js'

/** A name and the state of its write. */
export interface UnsettledName {
  readonly reference: Reference
  /** The previous digest of the name, if it was read. */
  readonly before: Digest | undefined
  readonly to: Digest
  /** Whether the registry confirmed a write of it. */
  readonly isWritten?: boolean | undefined
}

/** The state of a name; `unknown` if it could not be read. */
export interface NameState extends UnsettledName {
  readonly now: Digest | undefined | 'unknown'
}

/** Time for all names together, in milliseconds: a registry that just failed may not answer. */
const PATIENCE = 10_000

/**
 * Reads the digests of names after a failure. Never throws: a name that cannot be read is unknown. It reads the
 * manifests, because the failure may be caused by a registry that states wrong digests.
 */
export function readStates(names: readonly UnsettledName[], registry: Registry): Promise<readonly NameState[]> {
  const signal = timeLimit(PATIENCE)
  return Promise.all(
    names.map(async (name): Promise<NameState> => {
      const now = await readName(name.reference, registry, { signal }).catch((): 'unknown' => 'unknown')
      // If a registry no longer finds a name that existed, the read may have failed.
      const wasThere = name.isWritten || name.before !== undefined
      return { ...name, now: now === undefined && wasThere ? 'unknown' : now }
    }),
  )
}

/** The event for the state of a name. */
export function stateEvent({ reference, before, to, now }: NameState): RunEvent {
  const at = Date.now()
  const name = formatReference(reference)
  if (now === 'unknown') return { kind: 'tag-not-moved', at, reference: name, isUnknown: true }
  if (now !== to) return { kind: 'tag-not-moved', at, reference: name, ...(now !== undefined && { holds: now }) }
  const change = { reference: name, to, ...(before !== undefined && { from: before }) }
  return { kind: before === to ? 'tag-kept' : 'tag-moved', at, change }
}

/** Adds the current digest of each name to the message of a registry error; other errors are unchanged. */
export function withStates(error: unknown, states: readonly NameState[]): unknown {
  if (!(error instanceof RegistryError)) return error
  const list = (title: string, which: (state: NameState) => boolean) => {
    const names = states.filter(which).map(({ reference }) => formatReference(reference))
    return names.length === 0 ? [] : [`${title}: ${names.join(', ')}`]
  }
  const holdsNew = ({ now, to }: NameState) => now === to
  const parts = [
    ...list('moved', (state) => holdsNew(state) && state.before !== state.to),
    ...list('not moved', (state) => state.now !== 'unknown' && (!holdsNew(state) || state.before === state.to)),
    ...list('unknown, because it could not be read', ({ now }) => now === 'unknown'),
  ]
  return new RegistryError(error.code, `${error.message} (${parts.join('; ')})`, {
    cause: error,
    ...(error.hint !== undefined && { hint: error.hint }),
    ...(error.node !== undefined && { node: error.node }),
    ...(error.status !== undefined && { status: error.status }),
    ...(error.exchange !== undefined && { exchange: error.exchange }),
  })
}

/**
 * The current digest of a name. If it is neither the previous nor the new one, the manifest is read, because a HEAD
 * response may state a wrong digest.
 *
 * @throws RegistryError DIGEST_MISMATCH if content and stated digest differ
 */
export async function readHeld(
  { reference, before, to }: Pick<UnsettledName, 'reference' | 'before' | 'to'>,
  registry: Pick<Registry, 'resolve' | 'getManifest'>,
  call: RegistryCall,
): Promise<Digest | undefined> {
  const stated = await heldBy(reference, registry, call)
  if (stated === undefined || stated === before || stated === to) return stated
  return readName(reference, registry, call)
}

/** The digest of the manifest under the tag of a reference. @throws RegistryError DIGEST_MISMATCH */
async function readName(
  { digest: _digest, ...name }: Reference,
  registry: Pick<Registry, 'getManifest'>,
  call: RegistryCall,
): Promise<Digest | undefined> {
  return (await registry.getManifest(name, { ...call, fresh: true }))?.descriptor.digest
}

/** The digest of a tag, read from the registry and not from mirrors; undefined if it does not exist. */
export async function heldBy(
  { digest: _digest, ...name }: Reference,
  registry: Pick<Registry, 'resolve'>,
  call: RegistryCall,
): Promise<Digest | undefined> {
  return (await registry.resolve(name, { ...call, fresh: true }))?.digest
}
