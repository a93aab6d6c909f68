import type { JsonObject } from '../model/json-fields.js'
import type { Annotations } from '../model/oci.js'
import type { PublicKey } from './keys/public-key.js'
import type { SigningKey } from './keys/signing-key.js'
import { keyBundle } from './signatures/bundle.js'
import { signStatement, verifiedStatement } from './signatures/dsse.js'
import { SIGNATURE_ANNOTATION } from './signatures/simple-signing.js'

/** Verifies bundles of one signer. */
export interface BundleVerifier {
  /** The bytes of the statement in a bundle that the signer has signed; undefined for any other bundle. */
  verified(bundle: JsonObject): Buffer | undefined
}

/** Verifies payloads of cosign 2 of one signer, by their annotations. */
export interface PayloadVerifier {
  verifiesPayload(payload: Uint8Array, annotations: Annotations): boolean
}

/** Verifies both forms of signatures. */
export interface SignatureVerifiers extends BundleVerifier, PayloadVerifier {}

/** Signs statements: with a key, or with a certificate for an identity. */
export interface Signer extends SignatureVerifiers {
  /** Signs a statement, and returns the bundle. */
  bundleOf(statement: Uint8Array): Promise<Uint8Array>
  /** Signs a payload of cosign 2, and returns its annotations. */
  signPayload(payload: Uint8Array): Promise<Annotations>
}

/** Verifies bundles by a key. */
export function keyVerifier(key: PublicKey): SignatureVerifiers {
  return {
    verified: ({ dsseEnvelope }) => verifiedStatement(dsseEnvelope, key),
    verifiesPayload: (payload, annotations) =>
      key.verifies(payload, Buffer.from(annotations[SIGNATURE_ANNOTATION] ?? '', 'base64')),
  }
}

/** Signs with a key. */
export function keySigner(key: SigningKey): Signer {
  return {
    ...keyVerifier(key.publicKey),
    bundleOf: async (statement) => keyBundle(await signStatement(statement, key), key.publicKey),
    signPayload: async (payload) => ({
      [SIGNATURE_ANNOTATION]: Buffer.from(await key.sign(payload)).toString('base64'),
    }),
  }
}
