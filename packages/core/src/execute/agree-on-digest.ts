import type { Digest } from '../model/digest.js'
import { formatRepository, type Reference, repositoryOf } from '../model/reference.js'
import { heldBy } from '../registry/name-state.js'
import type { Registry, RegistryCall } from '../registry/port.js'

/** A name after its move. */
export interface SettledName {
  readonly reference: Reference
  /** The node whose result it is to hold. */
  readonly node: string
  /** The digest that the name holds now: of that result, or of an equal one. */
  holds?: Digest
}

/**
 * Makes the names of one result hold one digest. Two runs that make equal results at once may each have moved some of the
 * names; all runs agree on the smallest digest, so that the last of them leaves one. Names that hold something else by now
 * are left as they are.
 */
export async function agreeOnDigest(
  names: readonly SettledName[],
  registry: Registry,
  call: RegistryCall,
): Promise<void> {
  for (const group of byResult(names).values()) {
    const [smallest, ...others] = [...new Set(group.flatMap(({ holds }) => holds ?? []))].sort()
    if (smallest === undefined || others.length === 0) continue
    for (const name of group) if (name.holds !== smallest) await moveTo(name, smallest, registry, call)
  }
}

/** An equal result of another run is in the repository of the names that it moved, and in no other for certain. */
function byResult(names: readonly SettledName[]): ReadonlyMap<string, readonly SettledName[]> {
  const groups = new Map<string, SettledName[]>()
  for (const name of names) {
    const result = `${formatRepository(name.reference)}\n${name.node}`
    groups.set(result, [...(groups.get(result) ?? []), name])
  }
  return groups
}

async function moveTo(name: SettledName, digest: Digest, registry: Registry, call: RegistryCall): Promise<void> {
  const manifest = await registry.getManifest({ ...repositoryOf(name.reference), digest }, call)
  if (manifest === undefined || (await heldBy(name.reference, registry, call)) !== name.holds) return
  await registry.putManifest(name.reference, manifest, call)
  name.holds = digest
}
