import { timeLimit } from '../model/async/time-limit.js'
import type { Digest } from '../model/digest.js'
import { RegistryError } from '../model/errors.js'
import { formatReference, type Reference } from '../model/reference.js'
import type { RunEvent } from '../model/run/events.js'
import type { Registry, RegistryCall } from './port.js'

/** A name whose write may have failed. */
export interface UnsettledName {
  readonly reference: Reference
  /** The digest that the name held before, if it was read. */
  readonly before: Digest | undefined
  readonly to: Digest
  /** Whether the registry confirmed a write of it. */
  readonly isWritten?: boolean | undefined
}

/** The state of a name; `unknown` if it could not be read. */
export interface NameState extends UnsettledName {
  readonly now: Digest | undefined | 'unknown'
}

/** For all names together, in milliseconds: a registry that failed a moment ago may not answer at all. */
const PATIENCE = 10_000

/**
 * Reads what names hold after a failure. Never throws: a name that cannot be read is unknown. The manifests are read, since
 * the failure may come from a registry that states wrong digests.
 */
export function readStates(names: readonly UnsettledName[], registry: Registry): Promise<readonly NameState[]> {
  const signal = timeLimit(PATIENCE)
  return Promise.all(
    names.map(async (name): Promise<NameState> => {
      const now = await readName(name.reference, registry, { signal }).catch((): 'unknown' => 'unknown')
      // A registry that does not find a name which it had, or confirmed, may fail to read it.
      const wasThere = name.isWritten || name.before !== undefined
      return { ...name, now: now === undefined && wasThere ? 'unknown' : now }
    }),
  )
}

/** The event that reports what a name holds. */
export function stateEvent({ reference, before, to, now }: NameState): RunEvent {
  const at = Date.now()
  const name = formatReference(reference)
  if (now === 'unknown') return { kind: 'tag-not-moved', at, reference: name, isUnknown: true }
  if (now !== to) return { kind: 'tag-not-moved', at, reference: name, ...(now !== undefined && { holds: now }) }
  const change = { reference: name, to, ...(before !== undefined && { from: before }) }
  return { kind: before === to ? 'tag-kept' : 'tag-moved', at, change }
}

/** An error, with what each name holds now. Other errors than those of registries have no room for it. */
export function withStates(error: unknown, states: readonly NameState[]): unknown {
  if (!(error instanceof RegistryError)) return error
  const list = (title: string, which: (state: NameState) => boolean) => {
    const names = states.filter(which).map(({ reference }) => formatReference(reference))
    return names.length === 0 ? [] : [`${title}: ${names.join(', ')}`]
  }
  const holdsNew = ({ now, to }: NameState) => now === to
  const said = [
    ...list('moved', (state) => holdsNew(state) && state.before !== state.to),
    ...list('not moved', (state) => state.now !== 'unknown' && (!holdsNew(state) || state.before === state.to)),
    ...list('unknown, because it could not be read', ({ now }) => now === 'unknown'),
  ]
  return new RegistryError(error.code, `${error.message} (${said.join('; ')})`, {
    cause: error,
    ...(error.hint !== undefined && { hint: error.hint }),
    ...(error.node !== undefined && { node: error.node }),
    ...(error.status !== undefined && { status: error.status }),
    ...(error.exchange !== undefined && { exchange: error.exchange }),
  })
}

/**
 * The digest that a name holds now. Where it is neither the previous nor the new one, the manifest is read: what answers a
 * HEAD may state any digest.
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

/** The digest under the tag of a reference, past mirrors; undefined if there is none. */
export async function heldBy(
  { digest: _digest, ...name }: Reference,
  registry: Pick<Registry, 'resolve'>,
  call: RegistryCall,
): Promise<Digest | undefined> {
  return (await registry.resolve(name, { ...call, fresh: true }))?.digest
}
