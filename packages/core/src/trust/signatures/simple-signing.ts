import type { Digest } from '../../model/digest.js'
import { parseJson } from '../../model/json.js'
import { objectOf } from '../../model/json-fields.js'
import { canonicalJson } from '../../model/oci.js'

/** Media type of the payloads that cosign 2 signs. */
export const PAYLOAD_TYPE = 'application/vnd.dev.cosign.simplesigning.v1+json'

/** Annotation of a payload with its signature, in base64. */
export const SIGNATURE_ANNOTATION = 'dev.cosignproject.cosign/signature'

const TYPE = 'cosign container image signature'

/** The payload that cosign 2 signs for a manifest. @see https://github.com/sigstore/cosign/blob/v2.5.0/specs/SIGNATURE_SPEC.md */
export function simplePayload(repository: string, digest: Digest): Uint8Array {
  return canonicalJson({
    critical: {
      identity: { 'docker-reference': repository },
      image: { 'docker-manifest-digest': digest },
      type: TYPE,
    },
    optional: null,
  })
}

/** Whether a payload is about a manifest. */
export function isPayloadOf(bytes: Uint8Array, digest: Digest): boolean {
  try {
    const { image, type } = objectOf(objectOf(parseJson(Buffer.from(bytes).toString()))['critical'])
    return type === TYPE && objectOf(image)['docker-manifest-digest'] === digest
  } catch {
    return false
  }
}

/** The config of an image of payloads, as cosign writes it. */
export function signatureConfig(payloads: readonly Digest[]): Uint8Array {
  return canonicalJson({
    architecture: '',
    os: '',
    config: {},
    rootfs: { type: 'layers', diff_ids: payloads },
  })
}
