import type { JsonObject } from '../model/json-fields.js'
import type { PublicKey } from './keys/public-key.js'
import type { SigningKey } from './keys/signing-key.js'
import { keyBundle } from './signatures/bundle.js'
import { signStatement, verifiedStatement } from './signatures/dsse.js'

/** Finds out whether bundles are of one signer. */
export interface BundleVerifier {
  /** The bytes of the statement in a bundle that the signer has signed; undefined for any other bundle. */
  verified(bundle: JsonObject): Buffer | undefined
}

/** Signs statements: with a key, or with a certificate for an identity. */
export interface Signer extends BundleVerifier {
  /** Signs a statement, and returns the bundle. */
  bundleOf(statement: Uint8Array): Promise<Uint8Array>
  /** The key for signatures of cosign 2; undefined for an identity, whose signatures are bundles alone. */
  readonly key?: SigningKey
}

/** Verifies bundles by a key. */
export function keyVerifier(key: PublicKey): BundleVerifier {
  return { verified: ({ dsseEnvelope }) => verifiedStatement(dsseEnvelope, key) }
}

/** Signs with a key. */
export function keySigner(key: SigningKey): Signer {
  return {
    ...keyVerifier(key.publicKey),
    bundleOf: async (statement) => keyBundle(await signStatement(statement, key), key.publicKey),
    key,
  }
}
