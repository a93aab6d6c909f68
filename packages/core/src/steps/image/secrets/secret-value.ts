import { readFile } from 'node:fs/promises'
import { isSecretValue, type SecretDefinition } from '../../../definition/declare/build-secrets.js'
import type { Environment } from '../../../host/environment.js'
import { HostError } from '../../../model/errors.js'

/**
 * Reads the value of a secret.
 *
 * @param what - what it is, for messages: `secret 'token'`
 * @throws HostError SECRET_UNAVAILABLE
 */
export async function readSecretValue(
  what: string,
  secret: SecretDefinition,
  env: Environment,
): Promise<string | Uint8Array> {
  switch (secret.kind) {
    case 'file':
      return readSecretFile(what, secret.path)
    case 'env': {
      const value = env[secret.name]
      if (value !== undefined) return value
      throw secretUnavailable(`${what} is in the variable ${secret.name}, which is not set`, `set ${secret.name}`)
    }
    case 'value': {
      // The error of a value function may contain the value, so it is not passed on.
      const value: unknown = await Promise.resolve()
        .then(secret.read)
        .catch(() => undefined)
      if (isSecretValue(value)) return value
      throw secretUnavailable(
        `the function of ${what} returned neither a string nor bytes`,
        'check that it does not throw',
      )
    }
  }
}

/** Reads a file of a secret. @throws HostError SECRET_UNAVAILABLE */
export async function readSecretFile(what: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`
    throw secretUnavailable(`${what} is in ${path}, which ${why}`, 'relative paths start at the working directory')
  }
}

/** The error for a secret or key that cannot be used. */
export function secretUnavailable(message: string, hint: string, cause?: unknown): HostError {
  return new HostError('SECRET_UNAVAILABLE', message, { hint, cause })
}
