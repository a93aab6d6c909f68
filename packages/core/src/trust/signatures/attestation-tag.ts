import { LIMITS } from '../../model/limits.js'
import type { ManifestReference } from '../../model/reference.js'
import { allOrNone } from '../../registry/all-or-none.js'
import { readBytes } from '../../registry/blobs/small-blob.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import type { PublicKey } from '../keys/public-key.js'
import type { SigningKey } from '../keys/signing-key.js'
import { readBundle } from './bundle.js'
import { addToCosignTag, type CosignTag, readCosignTag } from './cosign-tag.js'
import { signStatement, verifiedStatement } from './dsse.js'
import { SIGNATURE_ANNOTATION } from './simple-signing.js'
import { predicateTypeOf } from './statement.js'

const ENVELOPE_TYPE = 'application/vnd.dsse.envelope.v1+json'

/** Annotation of an envelope under a tag of cosign 2 with the predicate type of its statement. */
export const TAGGED_PREDICATE_ANNOTATION = 'predicateType'

/** Reads the statements of some types that a key has signed in the way of cosign 2: under the tag `sha256-….att`. */
export async function readTaggedStatements(
  subject: ManifestReference,
  { key, types }: { readonly key: PublicKey; readonly types: readonly string[] },
  registry: Registry,
  call: RegistryCall,
): Promise<readonly Buffer[]> {
  const layers = await readCosignTag(tagOf(subject), registry, call)
  const wanted = layers.filter(
    ({ size, annotations }) =>
      size <= LIMITS.bundle && types.includes(annotations?.[TAGGED_PREDICATE_ANNOTATION] ?? types[0] ?? ''),
  )
  const found = await allOrNone(wanted, call, async (layer, own) =>
    verifiedStatement(readBundle(await readBytes(subject, { ...layer, limit: LIMITS.bundle }, registry, own)), key),
  )
  return found.filter((statement) => statement !== undefined)
}

/** Signs statements on a manifest in the way of cosign 2. The tag keeps the statements that it has. */
export async function writeTaggedStatements(
  subject: ManifestReference,
  { key, statements }: { readonly key: SigningKey; readonly statements: readonly Uint8Array[] },
  registry: Registry,
  call: RegistryCall,
): Promise<void> {
  const layers = await Promise.all(
    statements.map(async (statement) => ({
      bytes: Buffer.from(JSON.stringify(await signStatement(statement, key))),
      // cosign 2 writes the annotation of signatures, empty.
      annotations: { [SIGNATURE_ANNOTATION]: '', [TAGGED_PREDICATE_ANNOTATION]: predicateTypeOf(statement) ?? '' },
    })),
  )
  await addToCosignTag(tagOf(subject), layers, registry, call)
}

function tagOf(subject: ManifestReference): CosignTag {
  return { subject, suffix: '.att', mediaType: ENVELOPE_TYPE }
}
