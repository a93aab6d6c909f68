import { createHmac } from 'node:crypto'
import { type Digest, digestOf, hexOf } from '../model/digest.js'
import { canonicalJson } from '../model/oci.js'

/** Hash of inputs, from which an image's key and its published records are computed. */
export interface InputHash {
  /** Digest of the canonical JSON of a value: the same on every machine. */
  digest(value: unknown): Digest
  /** Identifies the secret of a keyed hash. It is published, so that a plan can report another secret. */
  readonly secretId?: string
  /** Returns the cached value for an object: platforms of a run share their files. */
  readonly once?: <Made>(of: object, make: () => Made) => Made
}

/** Hex digits of {@link InputHash.secretId}. */
const ID_DIGITS = 16

/** Adds a cache to a hash, for one run. */
export function rememberingHash(hash: InputHash): InputHash {
  const made = new WeakMap<object, unknown>()
  return {
    ...hash,
    once<Made>(of: object, make: () => Made): Made {
      if (!made.has(of)) made.set(of, make())
      return made.get(of) as Made
    },
  }
}

/** SHA-256. */
export const PLAIN_HASH: InputHash = { digest: (value) => digestOf(canonicalJson(value)) }

/** HMAC-SHA-256 with a secret. @see https://www.rfc-editor.org/rfc/rfc2104 */
export function keyedHash(secret: Uint8Array): InputHash {
  const digest = (value: unknown) =>
    `sha256:${createHmac('sha256', secret).update(canonicalJson(value)).digest('hex')}` as Digest
  return { digest, secretId: hexOf(digest(['key secret'])).slice(0, ID_DIGITS) }
}
