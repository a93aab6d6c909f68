import { createHash } from 'node:crypto'
import { itemsOf, type JsonObject, objectOf, textOf } from '../../model/json-fields.js'
import type { Annotations } from '../../model/oci.js'
import { readBundle } from './bundle.js'
import { SIGNATURE_ANNOTATION } from './simple-signing.js'

/** Annotations in which cosign 2 stores the verification material of a keyless signature. */
const CERTIFICATE = 'dev.sigstore.cosign/certificate'
const LOG_ENTRY = 'dev.sigstore.cosign/bundle'

/** Bundles of this version need no proof of inclusion, which cosign 2 does not store. */
const MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle+json;version=0.1'

/** Writes the bundle of a payload as cosign 2 stores it: in annotations. @throws TypeError for a bundle without a certificate or log entry */
export function payloadAnnotations(bundle: JsonObject): Annotations {
  const signature = textOf(objectOf(bundle['messageSignature'])['signature'])
  if (signature === undefined) throw new TypeError('the bundle has no signature')
  return { [SIGNATURE_ANNOTATION]: signature, ...materialAnnotations(bundle) }
}

/**
 * Writes the verification material of a bundle as cosign 2 stores it: in annotations; none for the signature of a key.
 *
 * @throws TypeError for a bundle without a certificate or log entry
 */
export function materialAnnotations({ verificationMaterial }: JsonObject): Annotations {
  const { publicKey, certificate, x509CertificateChain, tlogEntries } = objectOf(verificationMaterial)
  if (publicKey !== undefined) return {}
  const [first] = itemsOf(objectOf(x509CertificateChain)['certificates'])
  const encoded = textOf(objectOf(certificate ?? first)['rawBytes'])
  if (encoded === undefined) throw new TypeError('the bundle has no certificate')
  const entry = logEntryOf(objectOf(itemsOf(tlogEntries)[0]))
  return { [CERTIFICATE]: pemOf(encoded), [LOG_ENTRY]: JSON.stringify(entry) }
}

/** An entry of Rekor as cosign 2 writes it: its numbers are numbers, and the log's id is in hex. */
function logEntryOf({ logId, logIndex, integratedTime, inclusionPromise, canonicalizedBody }: JsonObject): object {
  const id = textOf(objectOf(logId)['keyId'])
  const promise = textOf(objectOf(inclusionPromise)['signedEntryTimestamp'])
  if (id === undefined || promise === undefined) throw new TypeError('the bundle has no entry of a log')
  return {
    SignedEntryTimestamp: promise,
    Payload: {
      body: canonicalizedBody,
      integratedTime: Number(integratedTime),
      logIndex: Number(logIndex),
      logID: Buffer.from(id, 'base64').toString('hex'),
    },
  }
}

/** The bundle of a payload from its annotations, which anyone with push access may have written; undefined if they have none. */
export function bundleOfPayload(payload: Uint8Array, annotations: Annotations): JsonObject | undefined {
  const signature = annotations[SIGNATURE_ANNOTATION]
  const verificationMaterial = materialOf(annotations)
  if (verificationMaterial === undefined || signature === undefined) return undefined
  const digest = createHash('sha256').update(payload).digest('base64')
  const messageSignature = { messageDigest: { algorithm: 'SHA2_256', digest }, signature }
  return { mediaType: MEDIA_TYPE, verificationMaterial, messageSignature }
}

/** The bundle of an envelope from its annotations, which anyone with push access may have written; without any, that of a key. */
export function bundleOfEnvelope(dsseEnvelope: JsonObject, annotations: Annotations): JsonObject {
  const verificationMaterial = materialOf(annotations)
  return { mediaType: MEDIA_TYPE, ...(verificationMaterial && { verificationMaterial }), dsseEnvelope }
}

function materialOf(annotations: Annotations): JsonObject | undefined {
  const [pem, entry] = [textOf(annotations[CERTIFICATE]), textOf(annotations[LOG_ENTRY])]
  if (pem === undefined || entry === undefined) return undefined
  const { SignedEntryTimestamp: signedEntryTimestamp, Payload } = readBundle(Buffer.from(entry))
  const { body, integratedTime, logIndex, logID } = objectOf(Payload)
  const { kind, apiVersion } = readBundle(Buffer.from(textOf(body) ?? '', 'base64'))
  const rawBytes = pem.replaceAll(/-----[A-Z ]+-----|\s/g, '')
  return {
    x509CertificateChain: { certificates: [{ rawBytes }] },
    tlogEntries: [
      {
        logIndex: String(logIndex),
        logId: { keyId: Buffer.from(textOf(logID) ?? '', 'hex').toString('base64') },
        kindVersion: { kind, version: apiVersion },
        integratedTime: String(integratedTime),
        inclusionPromise: { signedEntryTimestamp },
        canonicalizedBody: body,
      },
    ],
  }
}

function pemOf(encoded: string): string {
  const lines = encoded.match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
