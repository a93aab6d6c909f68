import type { Digest } from '../model/digest.js'
import { formatRepository, type Reference, repositoryOf } from '../model/reference.js'
import { heldBy } from '../registry/name-state.js'
import type { Registry, RegistryCall } from '../registry/port.js'

/** A name after its move. */
export interface SettledName {
  readonly reference: Reference
  /** The node whose result it must point to. */
  readonly node: string
  /** The current digest of the name: that of the result, or of an equal one. */
  holds?: Digest
}

/**
 * Makes all names of one result point to one digest. Two concurrent runs with equal results may each have moved some of
 * the names; all runs select the smallest digest, so the last one makes them equal. Names that point to something else
 * are unchanged.
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

/** An equal result of another run is certain to exist only in the repositories of the names that it moved. */
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
