import type { Descriptor } from '../model/oci.js'
import { type Repository, repositoryOf } from '../model/reference.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import type { SigningKey } from './keys/signing-key.js'
import { readSignedStatements, writeSignatureBundle, writeStatementBundle } from './signatures/signature-bundle.js'
import { hasSignatureTag, writeSignatureTag } from './signatures/signature-tag.js'
import { predicateTypeOf, SIGN_PREDICATE, signsSubject } from './signatures/statement.js'

/** An image or index in a repository, to be signed there. */
export interface SignedManifest extends Repository {
  readonly descriptor: Descriptor
  /** Statements on it, which are signed too. */
  readonly statements?: readonly SignedStatement[]
}

/** The bytes of an in-toto statement. */
export interface SignedStatement {
  readonly bytes: Uint8Array
}

/** What a manifest lacks: cosign 3 reads bundles, and cosign 2 tags. */
export interface MissingSignatures {
  readonly bundle: boolean
  readonly tag: boolean
  readonly statements: readonly SignedStatement[]
}

/** Whether anything is to be signed. */
export function isUnsigned({ bundle, tag, statements }: MissingSignatures): boolean {
  return bundle || tag || statements.length > 0
}

/** Finds which signatures of a key a manifest lacks. Reads only. */
export async function missingSignatures(
  { descriptor, statements = [], ...place }: SignedManifest,
  { publicKey }: Pick<SigningKey, 'publicKey'>,
  registry: Registry,
  call: RegistryCall,
): Promise<MissingSignatures> {
  const repository = repositoryOf(place)
  const { digest } = descriptor
  const types = [SIGN_PREDICATE, ...statements.flatMap(({ bytes }) => predicateTypeOf(bytes) ?? [])]
  const [signed, tag] = await Promise.all([
    readSignedStatements(repository, digest, { key: publicKey, types }, registry, call),
    hasSignatureTag(repository, digest, publicKey, registry, call),
  ])
  return {
    bundle: !signed.some((statement) => signsSubject(statement, digest)),
    tag: !tag,
    statements: statements.filter(({ bytes }) => !signed.some((statement) => statement.equals(bytes))),
  }
}

/**
 * Writes the signatures that a manifest lacks, as cosign 3 and cosign 2 store them.
 *
 * @returns whether it lacked any.
 */
export async function signManifest(
  manifest: SignedManifest,
  key: SigningKey,
  registry: Registry,
  call: RegistryCall,
): Promise<boolean> {
  const repository = repositoryOf(manifest)
  const { descriptor } = manifest
  const missing = await missingSignatures(manifest, key, registry, call)
  for (const { bytes } of missing.statements)
    await writeStatementBundle(repository, descriptor, bytes, key, registry, call)
  if (missing.bundle) await writeSignatureBundle(repository, descriptor, key, registry, call)
  if (missing.tag) await writeSignatureTag(repository, descriptor.digest, key, registry, call)
  return isUnsigned(missing)
}
