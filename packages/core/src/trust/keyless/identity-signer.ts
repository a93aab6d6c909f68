import { HostError } from '../../model/errors.js'
import { type JsonObject, objectOf } from '../../model/json-fields.js'
import { STATEMENT_TYPE } from '../signatures/dsse.js'
import { bundleOfEnvelope, materialAnnotations, payloadAnnotations } from '../signatures/payload-signature.js'
import type { Signer } from '../signer.js'
import type { Identity, IdentityVerifiers } from './identity-verifier.js'
import { loadSigstore } from './load-sigstore.js'

/** The services that sign for an identity. */
export interface KeylessServices {
  /** Address of Fulcio, which issues certificates; by default the public one. */
  readonly fulcio?: string
  /** Address of Rekor, the log that records signatures; by default the public one. */
  readonly rekor?: string
}

/** Options of signing by an identity. */
export interface IdentitySignerOptions extends KeylessServices {
  readonly identity: Identity
  /** Returns a token of the identity's issuer; undefined for that of the CI system. */
  readonly token: (() => Promise<string>) | undefined
  readonly verifiers: IdentityVerifiers
}

/**
 * Signs by certificates that Fulcio issues for an identity. Each bundle is verified before it is returned.
 *
 * @throws HostError TOOL_MISSING, SIGNING_FAILED
 */
export async function openIdentitySigner({
  identity,
  token,
  verifiers,
  fulcio,
  rekor,
}: IdentitySignerOptions): Promise<Signer> {
  const {
    bundleToJSON,
    CIContextProvider,
    DSSEBundleBuilder,
    FulcioSigner,
    MessageSignatureBundleBuilder,
    RekorWitness,
  } = await loadSigstore()
  const identityProvider = token === undefined ? new CIContextProvider() : { getToken: token }
  const services = {
    signer: new FulcioSigner({ identityProvider, ...(fulcio !== undefined && { fulcioBaseURL: fulcio }) }),
    witnesses: [new RekorWitness({ entryType: 'dsse', ...(rekor !== undefined && { rekorBaseURL: rekor }) })],
  }
  const [statements, payloads] = [new DSSEBundleBuilder(services), new MessageSignatureBundleBuilder(services)]
  const verifier = verifiers(identity)
  return {
    ...verifier,
    async bundleOf(statement) {
      const data = Buffer.from(statement)
      const made = await statements.create({ data, type: STATEMENT_TYPE }).catch(signingFailed)
      const bundle = bundleToJSON(made) as unknown as JsonObject
      const tagged = bundleOfEnvelope(objectOf(bundle['dsseEnvelope']), materialAnnotations(bundle))
      const isValid = [bundle, tagged].every((one) => verifier.verified(one)?.equals(data))
      if (!isValid) throw wrongSigner(identity)
      return Buffer.from(JSON.stringify(bundle))
    },
    async signPayload(payload) {
      const made = await payloads.create({ data: Buffer.from(payload) }).catch(signingFailed)
      const annotations = payloadAnnotations(bundleToJSON(made) as unknown as JsonObject)
      if (!verifier.verifiesPayload(payload, annotations)) throw wrongSigner(identity)
      return annotations
    },
  }
}

function signingFailed(cause: unknown): never {
  const reason = cause instanceof Error ? [cause.message, (cause.cause as Error | undefined)?.message] : [String(cause)]
  throw new HostError('SIGNING_FAILED', `sigstore did not sign: ${reason.filter(Boolean).join(': ')}`, {
    cause,
    hint: 'on CI, give the job permission to request an identity token (`id-token: write`), or set `keyless.token`',
  })
}

function wrongSigner({ identity, issuer }: Identity): HostError {
  return new HostError('SIGNING_FAILED', `sigstore did not sign for ${identity} of ${issuer}`, {
    hint: 'set `keyless.identity` and `keyless.issuer` to what the certificate states, and `trustedRoot` for services of your own',
  })
}
