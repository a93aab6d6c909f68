import { RegistryError } from '../../model/errors.js'
import { type Descriptor, isIndex } from '../../model/oci.js'
import type { Repository } from '../../model/reference.js'
import { referrersTag } from '../../registry/manifests/referrers.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { IN_TOTO, isTestResult } from '../../steps/test/test-result.js'
import type { UnneededManifest } from './unneeded.js'

/** Finds the results of the tests that an image has passed; referrers that others attached are not among them. */
export async function findTestResults(
  { repository, manifest }: UnneededManifest,
  registry: Registry,
  call: RegistryCall,
): Promise<readonly Descriptor[]> {
  if (isIndex(manifest.content)) return []
  const options = { ...call, fresh: true, artifactType: IN_TOTO }
  const listed = await registry.listReferrers(repository, manifest.descriptor.digest, options)
  return listed.filter(({ annotations }) => isTestResult(annotations))
}

/**
 * Deletes the results of tests of an image that has been deleted, and the tag that listed its referrers if none is left. Some
 * registries have deleted them with the image.
 */
export async function deleteTestResults(
  { repository, manifest }: UnneededManifest,
  results: readonly Descriptor[],
  registry: Registry,
  call: RegistryCall,
): Promise<void> {
  for (const { digest } of results) await deleteIfThere({ ...repository, digest }, registry, call)
  if (results.length === 0) return
  const list = referrersTag(repository, manifest.descriptor.digest)
  const left = await registry.getManifest(list, { ...call, fresh: true })
  if (left === undefined || !isIndex(left.content) || left.content.manifests.length > 0) return
  await deleteIfThere({ ...repository, digest: left.descriptor.digest }, registry, call)
}

async function deleteIfThere(
  reference: Repository & { readonly digest: Descriptor['digest'] },
  registry: Registry,
  call: RegistryCall,
): Promise<void> {
  try {
    await registry.deleteManifest(reference, call)
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code !== 'NOT_FOUND') throw error
  }
}
