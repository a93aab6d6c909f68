import { readFile } from 'node:fs/promises'
import { localPath } from '../definition/declare/build-secrets.js'
import { isPem, type RequiredKey, type SignerRequirement } from '../definition/plugin/signer-requirement.js'
import type { Digest } from '../model/digest.js'
import { DefinitionError } from '../model/errors.js'
import { formatReference, type ManifestReference } from '../model/reference.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import type { IdentityVerifiers } from './keyless/identity-verifier.js'
import { type PublicKey, parsePublicKey } from './keys/public-key.js'
import { hasSignatureBundle } from './signatures/signature-bundle.js'
import { hasSignatureTag } from './signatures/signature-tag.js'
import { keyVerifier, type SignatureVerifiers } from './signer.js'

/** Verifies signatures of images. Results are cached within a run. */
export interface SignatureVerifier {
  /**
   * Whether a signer has signed a manifest in its repository.
   *
   * @throws DefinitionError USAGE if its key cannot be read; RegistryError
   */
  isSigned(manifest: ManifestReference, signer: SignerRequirement, call: RegistryCall): Promise<boolean>
  /** The fingerprint of a required key. @throws DefinitionError USAGE if it cannot be read */
  fingerprint(signer: RequiredKey): Promise<Digest>
}

/** Options of the verification. */
export interface VerifierOptions {
  readonly registry: Registry
  /** Base of relative paths of keys. */
  readonly directory: string
}

/** Creates a verifier, which reads each key once. */
export function createSignatureVerifier({ registry, directory }: VerifierOptions): SignatureVerifier {
  const keys = new Map<string, Promise<PublicKey>>()
  const roots = new Map<string, Promise<IdentityVerifiers>>()
  const answers = new Map<string, Promise<boolean>>()
  const once = <Value>(values: Map<string, Promise<Value>>, name: string, make: () => Promise<Value>) => {
    const value = values.get(name) ?? make()
    values.set(name, value)
    return value
  }
  const openKey = (key: RequiredKey['key']) => once(keys, String(key), () => readKey(key, directory))
  const openRoot = async (place: string | URL | undefined) => {
    const { openIdentityVerifiers } = await import('./keyless/identity-verifier.js')
    return openIdentityVerifiers(place === undefined ? undefined : localPath(place, directory))
  }
  const verify = async (manifest: ManifestReference, signer: SignerRequirement, call: RegistryCall) => {
    if ('key' in signer) {
      return hasSignature(manifest, keyVerifier(await openKey(signer.key)), registry, call)
    }
    const verifiers = await once(roots, String(signer.trustedRoot), () => openRoot(signer.trustedRoot))
    return hasSignature(manifest, verifiers(signer), registry, call)
  }
  return {
    async isSigned(manifest, signer, call) {
      const question = JSON.stringify([formatReference(manifest), signer])
      return once(answers, question, () => verify(manifest, signer, call))
    },
    fingerprint: async ({ key }) => (await openKey(key)).fingerprint,
  }
}

async function hasSignature(
  manifest: ManifestReference,
  verifier: SignatureVerifiers,
  registry: Registry,
  call: RegistryCall,
): Promise<boolean> {
  return (
    (await hasSignatureBundle(manifest, verifier, registry, call)) ||
    (await hasSignatureTag(manifest, verifier, registry, call))
  )
}

async function readKey(key: string | URL, directory: string): Promise<PublicKey> {
  const path = typeof key === 'string' && isPem(key) ? undefined : localPath(key, directory)
  const shown = path ?? 'the key'
  const pem = path === undefined ? String(key) : await readFile(path, 'utf8').catch(unreadable(path))
  try {
    return parsePublicKey(pem)
  } catch (error) {
    throw keyError(`${shown} cannot be used: ${(error as Error).message}`)
  }
}

function unreadable(path: string) {
  return ({ code }: NodeJS.ErrnoException): never => {
    throw keyError(`${path} ${code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`}`)
  }
}

function keyError(message: string): DefinitionError {
  const hint = 'use a public key in PEM, such as cosign.pub; relative paths start at the working directory'
  return new DefinitionError([{ path: 'verify.key', message, hint }], 'USAGE')
}
