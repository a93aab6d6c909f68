import type { Annotations } from '../../model/oci.js'
import { KEY_ANNOTATION } from '../key.js'

/** Type of attestations in the in-toto format. @see https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md */
export const IN_TOTO = 'application/vnd.in-toto+json'

/** @see https://in-toto.io/attestation/test-result/v0.1 */
export const TEST_RESULT = 'https://in-toto.io/attestation/test-result/v0.1'

/** Annotation with the type of the statement in an attestation. */
export const PREDICATE_TYPE = 'in-toto.io/predicate-type'

/** Whether annotations are those of a test result, which is written for passed tests only. */
export function isTestResult(annotations: Annotations | undefined): boolean {
  return annotations?.[PREDICATE_TYPE] === TEST_RESULT && annotations[KEY_ANNOTATION] !== undefined
}
