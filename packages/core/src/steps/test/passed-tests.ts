import type { Digest } from '../../model/digest.js'
import type { Annotations, Descriptor } from '../../model/oci.js'
import { type Reference, type Repository, repositoryOf } from '../../model/reference.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { KEY_ANNOTATION } from '../key.js'
import { IN_TOTO, isTestResult } from './test-result.js'

/** An image in a repository. */
interface StoredImage {
  readonly reference: Reference
  readonly descriptor: Pick<Descriptor, 'digest'>
}

/** The tests that images in registries have passed. */
export interface PassedTests {
  /** Whether an image is recorded to have passed the test with a key. The records of an image are read once. */
  has(image: StoredImage, key: string, call: RegistryCall): Promise<boolean>
}

/** Creates the lookup of a run. */
export function createPassedTests(registry: Registry): PassedTests {
  const read = new Map<Digest, Promise<ReadonlySet<string>>>()
  return {
    async has(image, key, { signal }) {
      const { digest } = image.descriptor
      const keys = read.get(digest) ?? passedKeys(image, registry, { signal })
      read.set(digest, keys)
      return (await keys).has(key)
    },
  }
}

/** The keys of the tests that an image has passed. */
async function passedKeys(
  { reference, descriptor }: StoredImage,
  registry: Registry,
  call: RegistryCall,
): Promise<ReadonlySet<string>> {
  const repository = repositoryOf(reference)
  const options = { ...call, fresh: true, artifactType: IN_TOTO }
  const listed = await registry.listReferrers(repository, descriptor.digest, options)
  // Some registries list referrers without their annotations.
  const annotations = await Promise.all(
    listed.map(async (entry) => entry.annotations ?? readAnnotations(repository, entry, registry, call)),
  )
  return new Set(annotations.filter(isTestResult).flatMap((one) => one?.[KEY_ANNOTATION] ?? []))
}

async function readAnnotations(
  repository: Repository,
  { digest }: Descriptor,
  registry: Registry,
  call: RegistryCall,
): Promise<Annotations | undefined> {
  return (await registry.getManifest({ ...repository, digest }, { ...call, fresh: true }))?.content.annotations
}
