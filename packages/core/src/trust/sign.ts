import type { Descriptor } from '../model/oci.js'
import { type Repository, repositoryOf } from '../model/reference.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import { attachBundle, readSignedStatements } from './signatures/signature-bundle.js'
import { hasSignatureTag, writeSignatureTag } from './signatures/signature-tag.js'
import { predicateTypeOf, SIGN_PREDICATE, signsSubject, statementOn } from './signatures/statement.js'
import type { Signer } from './signer.js'

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

/** Whether any signature is missing. */
export function isUnsigned({ bundle, tag, statements }: MissingSignatures): boolean {
  return bundle || tag || statements.length > 0
}

/** Finds which signatures of a signer a manifest lacks. Reads only. */
export async function missingSignatures(
  { descriptor, statements = [], ...place }: SignedManifest,
  signer: Pick<Signer, 'verified' | 'key'>,
  registry: Registry,
  call: RegistryCall,
): Promise<MissingSignatures> {
  const { digest } = descriptor
  const manifest = { ...repositoryOf(place), digest }
  const types = [SIGN_PREDICATE, ...statements.flatMap(({ bytes }) => predicateTypeOf(bytes) ?? [])]
  const [signed, tag] = await Promise.all([
    readSignedStatements(manifest, { verifier: signer, types }, registry, call),
    signer.key === undefined || hasSignatureTag(manifest, signer.key.publicKey, registry, call),
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
  signer: Signer,
  registry: Registry,
  call: RegistryCall,
): Promise<boolean> {
  const repository = repositoryOf(manifest)
  const { descriptor } = manifest
  const missing = await missingSignatures(manifest, signer, registry, call)
  const signature = { bytes: statementOn(descriptor.digest, SIGN_PREDICATE, {}) }
  for (const { bytes } of [...missing.statements, ...(missing.bundle ? [signature] : [])]) {
    const bundle = { bytes: await signer.bundleOf(bytes), predicateType: predicateTypeOf(bytes) ?? '' }
    await attachBundle({ ...repository, descriptor }, bundle, registry, call)
  }
  if (missing.tag && signer.key)
    await writeSignatureTag({ ...repository, digest: descriptor.digest }, signer.key, registry, call)
  return isUnsigned(missing)
}
