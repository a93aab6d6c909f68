import { algorithmOf, type Digest, hexOf } from '../../model/digest.js'
import { parseJson } from '../../model/json.js'
import { itemsOf, type JsonObject, objectOf, textOf } from '../../model/json-fields.js'
import { canonicalJson } from '../../model/oci.js'

/** Type of in-toto statements. @see https://github.com/in-toto/attestation/blob/v1.1.0/spec/v1/statement.md */
const TYPE = 'https://in-toto.io/Statement/v1'

/** Predicate of the statements by which cosign 3 signs an image. */
export const SIGN_PREDICATE = 'https://sigstore.dev/cosign/sign/v1'

/** A statement on one manifest. */
export function statementOn(subject: Digest, predicateType: string, predicate: object): Uint8Array {
  const digest = { [algorithmOf(subject)]: hexOf(subject) }
  return canonicalJson({ _type: TYPE, subject: [{ digest }], predicateType, predicate })
}

/** The predicate type of a statement; undefined if it is not a statement. */
export function predicateTypeOf(statement: Uint8Array): string | undefined {
  return textOf(parsed(statement)['predicateType'])
}

/** Whether a statement signs a manifest. */
export function signsSubject(statement: Uint8Array, subject: Digest): boolean {
  return predicateOn(subject, SIGN_PREDICATE, statement) !== undefined
}

/** The predicate of a statement on a manifest; undefined if it has another type or subject. */
export function predicateOn(subject: Digest, type: string, statement: Uint8Array): JsonObject | undefined {
  const { _type, subject: subjects, predicateType, predicate } = parsed(statement)
  const isSubject = itemsOf(subjects).some(
    (one) => objectOf(objectOf(one)['digest'])[algorithmOf(subject)] === hexOf(subject),
  )
  return _type === TYPE && predicateType === type && isSubject ? objectOf(predicate) : undefined
}

function parsed(statement: Uint8Array): JsonObject {
  try {
    return objectOf(parseJson(Buffer.from(statement).toString()))
  } catch {
    return {}
  }
}
