import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import ssh2 from 'ssh2'
import { agentString, RSA_HASHES } from './agent-messages.js'

/** A private key that signs for an ssh agent's clients. */
export interface SshKey {
  /** The public key, which clients use to select the key. */
  readonly publicBlob: Buffer
  readonly comment: string
  /** The signature as the agent protocol encodes it; undefined if the flags request an unsupported algorithm. */
  sign(data: Buffer, flags: number): Buffer | undefined
}

const CURVE_HASHES: ReadonlyMap<string, string> = new Map([
  ['ecdsa-sha2-nistp256', 'sha256'],
  ['ecdsa-sha2-nistp384', 'sha384'],
  ['ecdsa-sha2-nistp521', 'sha512'],
])

/** Parses a private key, PEM or OpenSSH. @throws Error whose message contains no part of the key. */
export function parsePrivateKey(text: string | Uint8Array): SshKey {
  const parsed = ssh2.utils.parseKey(Buffer.from(text))
  if (parsed instanceof Error) throw new Error(`not a private key that can be used: ${parsed.message}`)
  if (!parsed.isPrivateKey()) throw new Error('a public key instead of a private one')
  const key = createPrivateKey(parsed.getPrivatePEM())
  return {
    publicBlob: parsed.getPublicSSH(),
    comment: parsed.comment,
    sign: (data, flags) => signWith(parsed.type, key, data, flags),
  }
}

function signWith(type: string, key: KeyObject, data: Buffer, flags: number): Buffer | undefined {
  if (type === 'ssh-ed25519') return signature(type, sign(null, data, key))
  if (type === 'ssh-rsa') {
    const algorithm = RSA_HASHES.get(flags)
    return algorithm && signature(algorithm.name, sign(algorithm.hash, data, key))
  }
  const hash = CURVE_HASHES.get(type)
  if (hash === undefined) return undefined
  const pair = sign(hash, data, { key, dsaEncoding: 'ieee-p1363' })
  const half = pair.length / 2
  return signature(type, Buffer.concat([pair.subarray(0, half), pair.subarray(half)].map(multiPrecision)))
}

function signature(name: string, bytes: Buffer): Buffer {
  return Buffer.concat([agentString(name), agentString(bytes)])
}

/** A positive number without leading zeros, but for one that keeps its sign. @see https://datatracker.ietf.org/doc/html/rfc4251#section-5 */
function multiPrecision(bytes: Buffer): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0)
  const digits = bytes.subarray(start < 0 ? bytes.length : start)
  return agentString((digits[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), digits]) : digits)
}
