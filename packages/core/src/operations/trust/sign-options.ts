import {
  isSecretSource,
  readSecretSource,
  type SecretDefinition,
  type SecretSource,
} from '../../definition/declare/build-secrets.js'
import type { Environment } from '../../host/environment.js'
import { DefinitionError, HostError } from '../../model/errors.js'
import { isJsonObject } from '../../model/json-fields.js'
import { readSecretValue, secretUnavailable } from '../../steps/image/secrets/secret-value.js'
import { type ExternalKey, externalSigningKey, parseSigningKey, type SigningKey } from '../../trust/keys/signing-key.js'

/** How the results of a run are signed. */
export interface SignOptions {
  /**
   * The private key: PEM in a file, an environment variable or a value, also encrypted by cosign or as PKCS #8; or a key
   * that signs elsewhere, such as in a key management service.
   */
  readonly key: SecretSource | ExternalKey
  /** The password of an encrypted key; by default the variable `COSIGN_PASSWORD`. */
  readonly password?: SecretSource
}

/** Variable that cosign reads passwords from. */
const PASSWORD_VARIABLE = 'COSIGN_PASSWORD'

const HOW_TO = "write { file: 'cosign.key' }, { env: 'COSIGN_PRIVATE_KEY' }, or { publicKey, sign }"

/** Reads the key that a run signs with. @throws DefinitionError USAGE; HostError SECRET_UNAVAILABLE */
export async function openSigningKey(options: SignOptions, directory: string, env: Environment): Promise<SigningKey> {
  checkSignOptions(options)
  const { key, password } = options
  if (isExternalKey(key)) return openExternalKey(key)
  const pem = await readSecretValue('the signing key', readSecretSource(key, directory), env)
  const secret = password === undefined ? undefined : readSecretSource(password, directory)
  try {
    return await parseSigningKey(textOf(pem), await readPassword(secret, env))
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    const hint = `set ${PASSWORD_VARIABLE}, or make another key with \`cosign generate-key-pair\``
    throw secretUnavailable(`the signing key cannot be used: ${error.message}`, hint)
  }
}

function checkSignOptions(options: unknown): void {
  const { key, password }: Partial<Record<keyof SignOptions, unknown>> = isJsonObject(options) ? options : {}
  if (!isExternalKey(key) && !isSecretSource(key)) throw usage('sign.key', HOW_TO)
  if (password !== undefined && !isSecretSource(password))
    throw usage('sign.password', "write { file: '…' }, { env: '…' } or { value: … }")
}

function usage(path: string, hint: string): DefinitionError {
  return new DefinitionError([{ path, message: 'is not valid', hint }], 'USAGE')
}

function isExternalKey(key: unknown): key is ExternalKey {
  return isJsonObject(key) && typeof key['sign'] === 'function' && typeof key['publicKey'] === 'string'
}

function openExternalKey(external: ExternalKey): SigningKey {
  const key = parsed(external)
  return {
    ...key,
    async sign(data) {
      try {
        return await key.sign(data)
      } catch (cause) {
        const message = `the image cannot be signed: ${cause instanceof Error ? cause.message : cause}`
        throw new HostError('SIGNING_FAILED', message, { cause, hint: 'check the function `sign` of `sign.key`' })
      }
    },
  }
}

function parsed(external: ExternalKey): SigningKey {
  try {
    return externalSigningKey(external)
  } catch (error) {
    const message = `is not valid: ${(error as Error).message}`
    throw new DefinitionError([{ path: 'sign.key.publicKey', message, hint: 'export the public key as PEM' }], 'USAGE')
  }
}

async function readPassword(secret: SecretDefinition | undefined, env: Environment): Promise<Uint8Array | undefined> {
  const value =
    secret === undefined
      ? env[PASSWORD_VARIABLE]
      : await readSecretValue('the password of the signing key', secret, env)
  return value === undefined ? undefined : Buffer.from(value)
}

function textOf(value: string | Uint8Array): string {
  return Buffer.from(value).toString()
}
