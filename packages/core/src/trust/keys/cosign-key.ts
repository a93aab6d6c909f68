import { createPrivateKey, type KeyObject, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { parseJson } from '../../model/json.js'
import { objectOf, textOf } from '../../model/json-fields.js'

const PEM = /-----BEGIN ENCRYPTED (?:SIGSTORE|COSIGN) PRIVATE KEY-----([\s\S]+?)-----END/

/** Memory that deriving a key may take, in bytes: cosign's parameters need 64 MiB. */
const MAX_MEMORY = 512 * 1024 * 1024

/** Bytes of a key of NaCl's secret box. */
const KEY_LENGTH = 32

/** Whether a text is a private key that cosign encrypted. */
export function isCosignKey(pem: string): boolean {
  return PEM.test(pem)
}

/**
 * Decrypts a key of `cosign generate-key-pair`: PKCS #8 in a NaCl secret box, under a password stretched by scrypt.
 *
 * @throws TypeError with the reason
 * @see https://github.com/secure-systems-lab/go-securesystemslib/blob/v0.9.0/encrypted/encrypted.go
 */
export async function decryptCosignKey(pem: string, password: Uint8Array): Promise<KeyObject> {
  const { scryptOptions, salt, nonce, ciphertext } = readBox(pem)
  const derived = await deriveKey(password, salt, scryptOptions)
  const { default: nacl } = await import('tweetnacl')
  if (nonce.byteLength !== nacl.secretbox.nonceLength) throw damaged()
  const opened = nacl.secretbox.open(ciphertext, nonce, derived)
  if (opened === false) throw new TypeError('its password is wrong')
  return createPrivateKey({ key: Buffer.from(opened), format: 'der', type: 'pkcs8' })
}

interface ScryptOptions {
  readonly N: number
  readonly r: number
  readonly p: number
}

async function deriveKey(password: Uint8Array, salt: Uint8Array, options: ScryptOptions): Promise<Uint8Array> {
  const derive = promisify<Uint8Array, Uint8Array, number, ScryptOptions & { readonly maxmem: number }, Buffer>(scrypt)
  try {
    return await derive(password, salt, KEY_LENGTH, { ...options, maxmem: MAX_MEMORY })
  } catch {
    throw new TypeError('its scrypt parameters are not supported')
  }
}

function readBox(pem: string) {
  const { kdf, cipher, ciphertext } = readBody(pem)
  const { name, params, salt } = objectOf(kdf)
  const { name: cipherName, nonce } = objectOf(cipher)
  if (name !== 'scrypt' || cipherName !== 'nacl/secretbox')
    throw new TypeError(`its encryption is '${name}' and '${cipherName}', not 'scrypt' and 'nacl/secretbox'`)
  const { N, r, p } = objectOf(params)
  const scryptOptions = { N: Number(N), r: Number(r), p: Number(p) }
  return { scryptOptions, salt: bytesOf(salt), nonce: bytesOf(nonce), ciphertext: bytesOf(ciphertext) }
}

function readBody(pem: string) {
  const [, body = ''] = PEM.exec(pem) ?? []
  try {
    return objectOf(parseJson(Buffer.from(body, 'base64').toString()))
  } catch {
    throw damaged()
  }
}

function bytesOf(value: unknown): Uint8Array {
  const text = textOf(value)
  if (text === undefined) throw damaged()
  return Buffer.from(text, 'base64')
}

function damaged(): TypeError {
  return new TypeError('it is not a complete key of cosign')
}
