import { parseJson } from '../../model/json.js'
import { type JsonObject, objectOf } from '../../model/json-fields.js'
import { canonicalJson } from '../../model/oci.js'
import type { PublicKey } from '../keys/public-key.js'
import type { Envelope } from './dsse.js'

/** Media type of a signature with its verification material. @see https://docs.sigstore.dev/about/bundle/ */
export const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json'

/** All versions of that media type. */
export const BUNDLE_TYPES = 'application/vnd.dev.sigstore.bundle'

/** A bundle of an envelope that was signed by a key; the verifier has the key, and the bundle its hint. */
export function keyBundle(dsseEnvelope: Envelope, { hint }: PublicKey): Uint8Array {
  return canonicalJson({ mediaType: BUNDLE_TYPE, verificationMaterial: { publicKey: { hint } }, dsseEnvelope })
}

/** Parses an untrusted bundle or a part of one; returns an empty object if it is not JSON. */
export function readBundle(bytes: Uint8Array): JsonObject {
  try {
    return objectOf(parseJson(Buffer.from(bytes).toString()))
  } catch {
    return {}
  }
}
