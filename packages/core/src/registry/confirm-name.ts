import { setTimeout as sleep } from 'node:timers/promises'
import type { Digest } from '../model/digest.js'
import { CancelledError, RegistryError } from '../model/errors.js'
import type { StoredManifest } from '../model/oci.js'
import { formatReference, type Reference } from '../model/reference.js'
import type { Registry, RegistryCall } from '../registry/port.js'

/** A name that has been written. */
export interface WrittenName {
  readonly reference: Reference
  readonly manifest: StoredManifest
  /** What the name held before; undefined where it did not exist. */
  readonly before: Digest | undefined
}

/** How long to wait before each further read, in milliseconds: some registries show a write late. */
const DELAYS: readonly number[] = [250, 1_000, 3_000]

/**
 * Reads a name after its write, and writes it again while it still holds what it held before. A registry, or what answers
 * in its place, may accept a write that it never makes.
 *
 * @returns the digest that the name holds now: of the manifest that was written, or of one that somebody else wrote since.
 * @throws RegistryError REGISTRY_REJECTED where the name stays as it was; CancelledError
 */
export async function confirmName(
  { reference, manifest, before }: WrittenName,
  registry: Registry,
  call: RegistryCall,
): Promise<Digest> {
  for (const delay of [...DELAYS, undefined]) {
    const now = await heldBy(reference, registry, call)
    if (now !== undefined && now !== before) return now
    if (now === manifest.descriptor.digest) return now
    if (delay === undefined) throw notWritten(reference, manifest.descriptor.digest, now)
    await waitFor(delay, call.signal)
    if ((await heldBy(reference, registry, call)) === before) await registry.putManifest(reference, manifest, call)
  }
  throw new TypeError('the last read returns or throws')
}

/** The digest under the tag of a reference, past mirrors; undefined where there is none. */
export async function heldBy(
  { digest: _digest, ...name }: Reference,
  registry: Pick<Registry, 'resolve'>,
  call: RegistryCall,
): Promise<Digest | undefined> {
  return (await registry.resolve(name, { ...call, fresh: true }))?.digest
}

async function waitFor(delay: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(delay, undefined, signal ? { signal } : {})
  } catch (cause) {
    throw new CancelledError(signal?.reason ?? cause)
  }
}

function notWritten(reference: Reference, digest: Digest, now: Digest | undefined): RegistryError {
  const holds = now === undefined ? 'it does not exist' : `it still holds ${now}`
  return new RegistryError(
    'REGISTRY_REJECTED',
    `the registry accepted ${digest} as ${formatReference(reference)}, but ${holds}`,
    { hint: 'Check what answers in front of this registry, and whether its tags may be moved.' },
  )
}
