import type { Descriptor } from '../model/oci.js'
import { type Repository, repositoryOf } from '../model/reference.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import { readTaggedStatements, writeTaggedStatements } from './signatures/attestation-tag.js'
import { attachBundle, readSignedStatements, type StatementBundle } from './signatures/signature-bundle.js'
import { hasSignatureTag, writeSignatureTag } from './signatures/signature-tag.js'
import { predicateTypeOf, SIGN_PREDICATE, signsSubject, statementOn } from './signatures/statement.js'
import type { SignatureVerifiers, Signer } from './signer.js'

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

/** Missing signatures of a manifest: cosign 3 reads bundles, and cosign 2 tags. */
export interface MissingSignatures {
  readonly bundle: boolean
  readonly tag: boolean
  readonly statements: readonly SignedStatement[]
  readonly taggedStatements: readonly SignedStatement[]
}

/** Whether any signature is missing. */
export function isUnsigned({ bundle, tag, statements, taggedStatements }: MissingSignatures): boolean {
  return bundle || tag || statements.length > 0 || taggedStatements.length > 0
}

/** Finds which signatures of a signer a manifest lacks. Reads only. */
export async function missingSignatures(
  { descriptor, statements = [], ...place }: SignedManifest,
  verifier: SignatureVerifiers,
  registry: Registry,
  call: RegistryCall,
): Promise<MissingSignatures> {
  const { digest } = descriptor
  const manifest = { ...repositoryOf(place), digest }
  const types = statements.flatMap(({ bytes }) => predicateTypeOf(bytes) ?? [])
  const [signed, tag, tagged] = await Promise.all([
    readSignedStatements(manifest, { verifier, types: [SIGN_PREDICATE, ...types] }, registry, call),
    hasSignatureTag(manifest, verifier, registry, call),
    types.length === 0 ? [] : readTaggedStatements(manifest, { verifier, types }, registry, call),
  ])
  const lackedBy = (stored: readonly Buffer[]) =>
    statements.filter(({ bytes }) => !stored.some((statement) => statement.equals(bytes)))
  return {
    bundle: !signed.some((statement) => signsSubject(statement, digest)),
    tag: !tag,
    statements: lackedBy(signed),
    taggedStatements: lackedBy(tagged),
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
  const attached = [...missing.statements, ...(missing.bundle ? [signature] : [])]
  // One signature serves both forms.
  const bundles = await bundlesOf(new Set([...attached, ...missing.taggedStatements]), signer)
  for (const bundle of attached.flatMap((statement) => bundles.get(statement) ?? []))
    await attachBundle({ ...repository, descriptor }, bundle, registry, call)
  const subject = { ...repository, digest: descriptor.digest }
  if (missing.tag) await writeSignatureTag(subject, signer, registry, call)
  const tagged = missing.taggedStatements.flatMap((statement) => bundles.get(statement) ?? [])
  if (tagged.length > 0) await writeTaggedStatements(subject, tagged, registry, call)
  return isUnsigned(missing)
}

async function bundlesOf(
  statements: Iterable<SignedStatement>,
  signer: Signer,
): Promise<ReadonlyMap<SignedStatement, StatementBundle>> {
  const bundles = new Map<SignedStatement, StatementBundle>()
  for (const statement of statements) {
    const { bytes } = statement
    bundles.set(statement, { bytes: await signer.bundleOf(bytes), predicateType: predicateTypeOf(bytes) ?? '' })
  }
  return bundles
}
