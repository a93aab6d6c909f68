import type { Descriptor } from '../model/oci.js'
import { type Repository, repositoryOf } from '../model/reference.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import type { SigningKey } from './keys/signing-key.js'
import { hasSignatureBundle, writeSignatureBundle } from './signatures/signature-bundle.js'
import { hasSignatureTag, writeSignatureTag } from './signatures/signature-tag.js'

/** An image or index in a repository, to be signed there. */
export interface SignedManifest extends Repository {
  readonly descriptor: Descriptor
}

/** Where a signature is missing: cosign 3 reads bundles, and cosign 2 tags. */
export interface MissingSignatures {
  readonly bundle: boolean
  readonly tag: boolean
}

/** Finds which signatures of a key a manifest lacks. Reads only. */
export async function missingSignatures(
  { descriptor, ...place }: SignedManifest,
  { publicKey }: Pick<SigningKey, 'publicKey'>,
  registry: Registry,
  call: RegistryCall,
): Promise<MissingSignatures> {
  const repository = repositoryOf(place)
  const [bundle, tag] = await Promise.all([
    hasSignatureBundle(repository, descriptor.digest, publicKey, registry, call),
    hasSignatureTag(repository, descriptor.digest, publicKey, registry, call),
  ])
  return { bundle: !bundle, tag: !tag }
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
  if (missing.bundle) await writeSignatureBundle(repository, descriptor, key, registry, call)
  if (missing.tag) await writeSignatureTag(repository, descriptor.digest, key, registry, call)
  return missing.bundle || missing.tag
}
