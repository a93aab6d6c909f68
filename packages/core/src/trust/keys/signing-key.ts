import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { decryptCosignKey, isCosignKey } from './cosign-key.js'
import { hashFor, keyIssue, type PublicKey, parsePublicKey, publicKeyOf } from './public-key.js'

/** A key that signs, with its public half. */
export interface SigningKey {
  readonly publicKey: PublicKey
  /** Signs bytes: ECDSA in DER or RSA PKCS #1 v1.5, both over sha256, or Ed25519. */
  sign(data: Uint8Array): Promise<Uint8Array>
}

/** A key that never leaves a key management service or a hardware token. */
export interface ExternalKey {
  /** Its public half, in PEM. */
  readonly publicKey: string
  /**
   * Signs the bytes: ECDSA P-256 in DER or RSA PKCS #1 v1.5, both over sha256, or Ed25519. A service that signs digests
   * gets the sha256 of the bytes.
   */
  sign(data: Uint8Array): Uint8Array | Promise<Uint8Array>
}

/**
 * Reads a private key in PEM: plain, encrypted as PKCS #8, or encrypted by cosign.
 *
 * @throws TypeError with the reason, without any part of the key
 */
export async function parseSigningKey(pem: string, password: Uint8Array | undefined): Promise<SigningKey> {
  const key = await parsePrivateKey(pem, password)
  const issue = keyIssue(key)
  if (issue !== undefined) throw new TypeError(issue)
  return {
    publicKey: publicKeyOf(createPublicKey(key)),
    sign: async (data) => sign(hashFor(key), data, key),
  }
}

/** Reads the public half of an external key, and checks each signature with it. @throws TypeError */
export function externalSigningKey(external: ExternalKey): SigningKey {
  const publicKey = parsePublicKey(external.publicKey)
  return {
    publicKey,
    async sign(data) {
      const signature = await external.sign(data)
      if (signature instanceof Uint8Array && publicKey.verifies(data, signature)) return signature
      throw new TypeError('it returned a signature that its public key does not verify')
    },
  }
}

async function parsePrivateKey(pem: string, password: Uint8Array | undefined): Promise<KeyObject> {
  const isEncrypted = pem.includes('ENCRYPTED')
  if (isEncrypted && password === undefined) throw new TypeError('it is encrypted, and there is no password')
  if (password !== undefined && isCosignKey(pem)) return decryptCosignKey(pem, password)
  try {
    const passphrase = isEncrypted && password !== undefined ? { passphrase: Buffer.from(password) } : {}
    return createPrivateKey({ key: pem, ...passphrase })
  } catch {
    throw new TypeError(isEncrypted ? 'its password is wrong' : 'it is not a private key in PEM format')
  }
}
