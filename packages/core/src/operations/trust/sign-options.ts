import { access } from 'node:fs/promises'
import {
  isSecretSource,
  localPath,
  readSecretSource,
  type SecretDefinition,
  type SecretSource,
} from '../../definition/declare/build-secrets.js'
import { type RequiredIdentity, signerIssue } from '../../definition/plugin/signer-requirement.js'
import type { Environment } from '../../host/environment.js'
import { DefinitionError, HostError } from '../../model/errors.js'
import { isJsonObject } from '../../model/json-fields.js'
import { readSecretValue, secretUnavailable } from '../../steps/image/secrets/secret-value.js'
import type { DeviceLogin } from '../../trust/keyless/device-login.js'
import type { KeylessServices } from '../../trust/keyless/identity-signer.js'
import { type ExternalKey, externalSigningKey, parseSigningKey, type SigningKey } from '../../trust/keys/signing-key.js'
import { keySigner, type Signer } from '../../trust/signer.js'

/** Options of signing the results of a run. */
export type SignOptions = KeySignOptions | KeylessSignOptions

/** Signing with a key. */
export interface KeySignOptions {
  /**
   * The private key: PEM in a file, an environment variable or a value, also encrypted by cosign or as PKCS #8; or a key
   * that signs elsewhere, such as in a key management service.
   */
  readonly key: SecretSource | ExternalKey
  /** The password of an encrypted key; by default the variable `COSIGN_PASSWORD`. */
  readonly password?: SecretSource
}

/** Signing for an identity, with certificates of sigstore. */
export interface KeylessSignOptions {
  readonly keyless: KeylessOptions
}

/** The identity that signs, and the services that certify and record it. */
export interface KeylessOptions extends RequiredIdentity, KeylessServices {
  /** A token of the issuer; by default that of GitHub Actions, or the variable `SIGSTORE_ID_TOKEN`, which GitLab can set. */
  readonly token?: SecretSource
  /** Lets a person sign in with a browser, in place of a token. */
  readonly device?: DeviceLogin
}

/** Variable that cosign reads passwords from. */
const PASSWORD_VARIABLE = 'COSIGN_PASSWORD'

const HOW_TO = "write { file: 'cosign.key' }, { env: 'COSIGN_PRIVATE_KEY' }, or { publicKey, sign }"

/**
 * Reads the key that a run signs with, or prepares signing for an identity.
 *
 * @throws DefinitionError USAGE; HostError SECRET_UNAVAILABLE, TOOL_MISSING, SIGNING_FAILED
 */
export async function openSigner(options: SignOptions, directory: string, env: Environment): Promise<Signer> {
  if (isJsonObject(options) && 'keyless' in options)
    return openKeyless(options.keyless as KeylessOptions, directory, env)
  return keySigner(await openSigningKey(options as KeySignOptions, directory, env))
}

/**
 * Checks the options of a run that does not sign itself. The machine need not have the key: only one that it has is read.
 *
 * @returns a note if the key was not checked.
 * @throws as {@link openSigner}
 */
export async function checkSigner(
  options: SignOptions,
  directory: string,
  env: Environment,
): Promise<{ readonly note?: string }> {
  if (isJsonObject(options) && 'keyless' in options) {
    checkKeyless(options.keyless)
    return {}
  }
  checkSignOptions(options)
  const { key } = options as KeySignOptions
  const missing = isExternalKey(key) ? undefined : await missingSecret(key, options as KeySignOptions, directory, env)
  if (missing !== undefined)
    return { note: `${missing} is not on this machine: the run that publishes the index needs it` }
  await openSigningKey(options as KeySignOptions, directory, env)
  return {}
}

/** The part of a signing key that this machine does not have. */
async function missingSecret(
  key: SecretSource,
  { password }: KeySignOptions,
  directory: string,
  env: Environment,
): Promise<string | undefined> {
  const secret = readSecretSource(key, directory)
  if (!(await isAvailable(secret, env))) return 'the signing key'
  const isEncrypted = textOf(await readSecretValue('the signing key', secret, env)).includes('ENCRYPTED')
  const from = password === undefined ? undefined : readSecretSource(password, directory)
  const hasPassword = from === undefined ? env[PASSWORD_VARIABLE] !== undefined : await isAvailable(from, env)
  return isEncrypted && !hasPassword ? 'the password of the signing key' : undefined
}

async function isAvailable(secret: SecretDefinition, env: Environment): Promise<boolean> {
  switch (secret.kind) {
    case 'env':
      return env[secret.name] !== undefined
    case 'file':
      return access(secret.path).then(
        () => true,
        () => false,
      )
    case 'value':
      return true
  }
}

async function openKeyless(options: KeylessOptions, directory: string, env: Environment): Promise<Signer> {
  checkKeyless(options)
  const { identity, issuer, trustedRoot, token, device, fulcio, rekor } = options
  const { openIdentityVerifiers } = await import('../../trust/keyless/identity-verifier.js')
  const { openIdentitySigner } = await import('../../trust/keyless/identity-signer.js')
  const verifiers = await openIdentityVerifiers(
    trustedRoot === undefined ? undefined : localPath(trustedRoot, directory),
  )
  const secret = token && readSecretSource(token, directory)
  const given = secret && (async () => textOf(await readSecretValue('the identity token', secret, env)).trim())
  const readToken = device === undefined ? given : await openDevice(device)
  return openIdentitySigner({
    ...{ identity: { identity, issuer }, token: readToken, verifiers },
    ...(fulcio !== undefined && { fulcio }),
    ...(rekor !== undefined && { rekor }),
  })
}

async function openDevice(device: DeviceLogin): Promise<() => Promise<string>> {
  const { deviceTokens } = await import('../../trust/keyless/device-login.js')
  return deviceTokens(device)
}

function checkKeyless(options: unknown): void {
  const { token, device, fulcio, rekor, ...identity }: Partial<Record<keyof KeylessOptions, unknown>> = isJsonObject(
    options,
  )
    ? options
    : {}
  const wrong = 'key' in identity ? "has no option 'key'" : signerIssue(identity)
  if (wrong !== undefined) throw new DefinitionError([{ path: 'sign.keyless', message: wrong }], 'USAGE')
  if (token !== undefined && !isSecretSource(token))
    throw usage('sign.keyless.token', "write { file: '…' }, { env: '…' } or { value: … }")
  if (device !== undefined && (token !== undefined || !isDevice(device)))
    throw usage('sign.keyless.device', 'write { show: ({ verificationUri, userCode }) => … }, without `token`')
  for (const [name, url] of Object.entries({ fulcio, rekor }))
    if (url !== undefined && !(typeof url === 'string' && /^https?:/.test(url) && URL.canParse(url)))
      throw usage(`sign.keyless.${name}`, "write 'https://host'")
}

function isDevice(device: unknown): boolean {
  if (!isJsonObject(device)) return false
  const { show, provider, clientId, ...others } = device
  const isUrl = provider === undefined || (typeof provider === 'string' && URL.canParse(provider))
  const isClient = clientId === undefined || typeof clientId === 'string'
  return typeof show === 'function' && isUrl && isClient && Object.keys(others).length === 0
}

async function openSigningKey(options: KeySignOptions, directory: string, env: Environment): Promise<SigningKey> {
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
  const { key, password }: Partial<Record<keyof KeySignOptions, unknown>> = isJsonObject(options) ? options : {}
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
