import { hexOf } from '../../model/digest.js'
import { canonicalJson } from '../../model/oci.js'
import { formatReference, repositoryOf } from '../../model/reference.js'
import { putArtifact } from '../../registry/manifests/artifact.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { CREATED_ANNOTATION } from '../created-date.js'
import { KEY_ANNOTATION } from '../key.js'
import type { Output } from '../step.js'
import { IN_TOTO, PREDICATE_TYPE, TEST_RESULT } from './test-result.js'
import type { TestWork } from './test-work.js'

/** Attaches the result of a passed test to its image, as a standard attestation. */
export async function recordPassed(
  { node: { test }, key }: TestWork,
  { reference, descriptor }: Output,
  registry: Registry,
  call: RegistryCall,
): Promise<void> {
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: formatReference(reference), digest: { sha256: hexOf(descriptor.digest) } }],
    predicateType: TEST_RESULT,
    predicate: {
      result: 'PASSED',
      configuration: [{ name: test.name, digest: { sha256: key } }],
      passedTests: [test.name],
    },
  }
  const bytes = canonicalJson(statement)
  const layer = { mediaType: IN_TOTO, bytes, annotations: { [PREDICATE_TYPE]: TEST_RESULT } }
  const annotations = {
    [PREDICATE_TYPE]: TEST_RESULT,
    [KEY_ANNOTATION]: key,
    [CREATED_ANNOTATION]: new Date().toISOString(),
  }
  const artifact = { artifactType: IN_TOTO, subject: descriptor, layers: [layer], annotations }
  await putArtifact(repositoryOf(reference), artifact, registry, call)
}
