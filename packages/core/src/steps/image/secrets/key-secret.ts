import type { SecretDefinition } from '../../../definition/declare/build-secrets.js'
import type { Environment } from '../../../host/environment.js'
import { type InputHash, keyedHash, PLAIN_HASH } from '../../input-hash.js'
import { readSecretValue, secretUnavailable } from './secret-value.js'

/** Fewest bytes of a secret: a shorter one could itself be guessed from what is published. */
const MIN_BYTES = 32

/**
 * Returns the hash of a build's inputs: keyed if the build has a `keySecret`.
 *
 * @throws HostError SECRET_UNAVAILABLE
 */
export async function openInputHash(secret: SecretDefinition | undefined, env: Environment): Promise<InputHash> {
  if (secret === undefined) return PLAIN_HASH
  const value = await readSecretValue('the keySecret', secret, env)
  const bytes = trimLineEnd(typeof value === 'string' ? Buffer.from(value) : value)
  if (bytes.byteLength >= MIN_BYTES) return keyedHash(bytes)
  throw secretUnavailable(
    `the keySecret has ${bytes.byteLength} bytes, but needs ${MIN_BYTES}`,
    'create one with `openssl rand -hex 32`',
  )
}

/** Files of secrets usually end with a line break; variables do not. */
function trimLineEnd(bytes: Uint8Array): Uint8Array {
  const end = bytes.findLastIndex((byte) => byte !== 0x0a && byte !== 0x0d)
  return bytes.subarray(0, end + 1)
}
