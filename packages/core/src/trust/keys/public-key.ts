import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { type Digest, digestOf, hexOf } from '../../model/digest.js'

/** A public key that signatures are verified with. */
export interface PublicKey {
  /** Base64 of the sha256 of the key, by which bundles name it. */
  readonly hint: string
  /** The sha256 of the key in DER, as `openssl pkey -pubin -outform DER | sha256sum` prints it. */
  readonly fingerprint: Digest
  /** Whether a signature was made over these bytes by the key's owner. */
  verifies(data: Uint8Array, signature: Uint8Array): boolean
}

/** Curve of the elliptic keys that cosign makes and verifies with sha256, in OpenSSL's words. */
const CURVE = 'prime256v1'

/** Shortest RSA key that cosign accepts, in bits. */
const SHORTEST_RSA = 2048

/** Makes a public key from its parsed form. */
export function publicKeyOf(key: KeyObject): PublicKey {
  const encoded = key.export({ type: 'spki', format: 'der' })
  const fingerprint = digestOf(encoded)
  const hint = Buffer.from(hexOf(fingerprint), 'hex').toString('base64')
  return { hint, fingerprint, verifies: (data, signature) => verifySafely(key, data, signature) }
}

/**
 * Reads a public key in PEM.
 *
 * @throws TypeError with the reason
 */
export function parsePublicKey(pem: string): PublicKey {
  if (pem.includes('PRIVATE KEY')) throw new TypeError('it is a private key')
  const key = parsed(() => createPublicKey(pem))
  const issue = keyIssue(key)
  if (issue !== undefined) throw new TypeError(issue)
  return publicKeyOf(key)
}

/** Runs a parser of Node.js, whose errors name parts of OpenSSL. */
function parsed(parse: () => KeyObject): KeyObject {
  try {
    return parse()
  } catch {
    throw new TypeError('it is not a key in PEM format')
  }
}

/** Returns why cosign would not accept the signatures of a key, if so. */
export function keyIssue(key: KeyObject): string | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = key
  switch (type) {
    case 'ec':
      return details.namedCurve === CURVE ? undefined : `its curve is ${details.namedCurve}, not P-256`
    case 'rsa': {
      const { modulusLength = 0 } = details
      return modulusLength >= SHORTEST_RSA ? undefined : `it has ${modulusLength} bits, fewer than ${SHORTEST_RSA}`
    }
    case 'ed25519':
      return undefined
    default:
      return `its type is '${type}', not EC, RSA or Ed25519`
  }
}

/** The hash that signatures of a key are made with: Ed25519 has its own. */
export function hashFor({ asymmetricKeyType }: KeyObject): 'sha256' | null {
  return asymmetricKeyType === 'ed25519' ? null : 'sha256'
}

/** The signature is untrusted: malformed bytes are an invalid signature. */
function verifySafely(key: KeyObject, data: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verify(hashFor(key), data, key, signature)
  } catch {
    return false
  }
}
