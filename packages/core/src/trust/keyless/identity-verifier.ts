import { readFile } from 'node:fs/promises'
import { HostError } from '../../model/errors.js'
import { parseJson } from '../../model/json.js'
import { type JsonObject, objectOf } from '../../model/json-fields.js'
import { bundleOfPayload } from '../signatures/payload-signature.js'
import { predicateTypeOf } from '../signatures/statement.js'
import type { SignatureVerifiers } from '../signer.js'
import { loadSigstore } from './load-sigstore.js'

/** An identity that a certificate of Fulcio states. */
export interface Identity {
  /** The address of a person, or of the workflow file and branch of a CI system. */
  readonly identity: string
  /** URL of the issuer of the identity. */
  readonly issuer: string
}

/** A verifier of bundles by identities. */
export type IdentityVerifiers = (identity: Identity) => SignatureVerifiers

/**
 * Reads the keys and certificates that are trusted, and returns a verifier of bundles by identities.
 *
 * @param trustedRoot - path of a trusted root of sigstore; by default, the one of the public instance is downloaded
 * @throws HostError TOOL_MISSING, SIGNING_FAILED
 */
export async function openIdentityVerifiers(trustedRoot: string | undefined): Promise<IdentityVerifiers> {
  const { bundleFromJSON, TrustedRoot, toSignedEntity, toTrustMaterial, Verifier, getTrustedRoot } =
    await loadSigstore()
  const root =
    trustedRoot === undefined ? await download(getTrustedRoot) : TrustedRoot.fromJSON(await read(trustedRoot))
  const verifier = new Verifier(toTrustMaterial(root))
  return ({ identity, issuer }) => {
    // The library matches an identity as a regular expression.
    const subjectAlternativeName = `^${identity.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`
    const policy = { subjectAlternativeName, extensions: { issuer } }
    return {
      verified: (bundle) =>
        ifValid(() => {
          const parsed = bundleFromJSON(bundle)
          if (parsed.content.$case !== 'dsseEnvelope') return undefined
          verifier.verify(toSignedEntity(parsed), policy)
          const { payload } = parsed.content.dsseEnvelope
          return predicateTypeOf(payload) === undefined ? undefined : payload
        }),
      verifiesPayload: (payload, annotations) =>
        ifValid(() => {
          const bundle = bundleOfPayload(payload, annotations)
          if (bundle === undefined) return false
          verifier.verify(toSignedEntity(bundleFromJSON(bundle), Buffer.from(payload)), policy)
          return true
        }) ?? false,
    }
  }
}

/** Anyone with push access may have attached a signature: one that cannot be read does not verify. */
function ifValid<Value>(verify: () => Value): Value | undefined {
  try {
    return verify()
  } catch {
    return undefined
  }
}

async function read(path: string): Promise<JsonObject> {
  try {
    return objectOf(parseJson(await readFile(path, 'utf8')))
  } catch (cause) {
    throw new HostError('SIGNING_FAILED', `the trusted root ${path} cannot be read: ${(cause as Error).message}`, {
      cause,
      hint: 'make it with `cosign trusted-root create`; relative paths start at the working directory',
    })
  }
}

async function download<Root>(getTrustedRoot: () => Promise<Root>): Promise<Root> {
  try {
    return await getTrustedRoot()
  } catch (cause) {
    const message = `the trusted root of sigstore cannot be downloaded: ${cause instanceof Error ? cause.message : cause}`
    throw new HostError('SIGNING_FAILED', message, { cause, hint: 'check the network, or set `trustedRoot` to a file' })
  }
}
