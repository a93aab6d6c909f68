import { LIMITS } from '../../model/limits.js'
import { attestedBy, type Descriptor, isAttestation } from '../../model/oci.js'
import type { Repository } from '../../model/reference.js'
import { allOrNone } from '../../registry/all-or-none.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { STATEMENT_TYPE } from '../../trust/signatures/dsse.js'
import { createdDate } from '../created-date.js'
import { invocationIdOf, PROVENANCE_PREDICATE } from '../image/attestation/provenance.js'
import { readStatements } from '../image/attestation/stored-statements.js'

/**
 * Reads which run built an image of an index, from the image's provenance. If several runs built equal bytes, the first one
 * counts, so that later statements do not change the result.
 *
 * @param entries - all entries of the index
 * @returns undefined if the image has no provenance of polyarch, or one without a run.
 */
export async function runOf(
  { digest: image }: Descriptor,
  { entries, ...repository }: Repository & { readonly entries: readonly Descriptor[] },
  registry: Registry,
  call: RegistryCall,
): Promise<string | undefined> {
  const listed = entries.filter((entry) => isAttestation(entry) && attestedBy(entry) === image)
  const attestations = listed.length > 0 ? listed : await referringAttestations(repository, image, registry, call)
  const runs = await allOrNone(attestations, call, async ({ digest }, own) => {
    const place = { ...repository, digest, predicateType: PROVENANCE_PREDICATE }
    const statements = await readStatements(place, registry, own)
    return statements.map(({ bytes }) => invocationIdOf(bytes, image)).find((id) => id !== undefined)
  })
  return runs.find((id) => id !== undefined)
}

async function referringAttestations(
  repository: Repository,
  image: Descriptor['digest'],
  registry: Registry,
  call: RegistryCall,
): Promise<readonly Descriptor[]> {
  const found = await registry.listReferrers(repository, image, { ...call, fresh: true, artifactType: STATEMENT_TYPE })
  const sorted = found.toSorted((a, b) => (createdDate(a.annotations) ?? 0) - (createdDate(b.annotations) ?? 0))
  return sorted.slice(0, LIMITS.signatures)
}
