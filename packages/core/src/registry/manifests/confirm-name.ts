import { setTimeout as sleep } from 'node:timers/promises'
import type { Digest } from '../../model/digest.js'
import { CancelledError, RegistryError } from '../../model/errors.js'
import type { StoredManifest } from '../../model/oci.js'
import { formatReference, type Reference } from '../../model/reference.js'
import { heldBy, readHeld, readStates, withStates } from '../name-state.js'
import type { Registry, RegistryCall } from '../port.js'
import { isDigestOf } from './reader.js'

/** A name that has been written. */
export interface WrittenName {
  readonly reference: Reference
  readonly manifest: StoredManifest
  /** The digest that the name held before; undefined if it did not exist. */
  readonly before: Digest | undefined
}

/** Delay before each further read, in milliseconds: some registries return a write late. */
const DELAYS: readonly number[] = [250, 1_000, 3_000]

/**
 * Puts a manifest under a name, and reads the name afterwards.
 *
 * @throws RegistryError with what the name holds then; TAG_MOVED if another writer has moved it since; CancelledError
 */
export async function writeName(name: WrittenName, registry: Registry, call: RegistryCall): Promise<void> {
  const { reference, manifest } = name
  const { digest } = manifest.descriptor
  let isWritten = false
  try {
    await registry.putManifest(reference, manifest, call)
    isWritten = true
    if ((await confirmName(name, registry, call)) !== digest) throw movedSince(reference)
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    const states = await readStates([{ reference, before: name.before, to: digest, isWritten }], registry)
    if (states.every(({ now }) => now === digest)) return
    throw withStates(error, states)
  }
}

/** The error for a name that no longer holds what was just written. */
export function movedSince(reference: Reference): RegistryError {
  return new RegistryError(
    'TAG_MOVED',
    `${formatReference(reference)} was moved by another writer right after its write`,
    {
      hint: 'run again: the new run starts from the current state of the name',
    },
  )
}

/**
 * Reads a name after writing it, and writes it again while it still has its previous digest: a registry or proxy may
 * accept a write and drop it.
 *
 * @returns the current digest of the name: that of the written manifest, or of another writer's.
 * @throws RegistryError REGISTRY_REJECTED if the name does not change; CancelledError
 */
export async function confirmName(
  { reference, manifest, before }: WrittenName,
  registry: Registry,
  call: RegistryCall,
): Promise<Digest> {
  const name = { reference, before, to: manifest.descriptor.digest }
  for (const delay of [...DELAYS, undefined]) {
    const now = await readHeld(name, registry, call)
    // Registries state the sha256 digest of what a tag holds, whichever digest it was copied by.
    if (isDigestOf(now, manifest)) return manifest.descriptor.digest
    if (now !== undefined && now !== before) return now
    if (delay === undefined) throw notWritten(reference, manifest.descriptor.digest, now)
    await waitFor(delay, call.signal)
    if ((await heldBy(reference, registry, call)) === before) await registry.putManifest(reference, manifest, call)
  }
  throw new TypeError('the last read returns or throws')
}

async function waitFor(delay: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(delay, undefined, signal ? { signal } : {})
  } catch (cause) {
    throw new CancelledError(signal?.reason ?? cause)
  }
}

function notWritten(reference: Reference, digest: Digest, now: Digest | undefined): RegistryError {
  const holds = now === undefined ? 'it does not exist' : `it still points to ${now}`
  return new RegistryError(
    'REGISTRY_REJECTED',
    `the registry accepted ${digest} as ${formatReference(reference)}, but ${holds}`,
    { hint: 'check whether a proxy answers for this registry, and whether its tags are immutable' },
  )
}
