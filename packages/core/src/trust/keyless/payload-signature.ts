import { createHash } from 'node:crypto'
import { parseJson } from '../../model/json.js'
import { itemsOf, type JsonObject, objectOf, textOf } from '../../model/json-fields.js'
import type { Annotations } from '../../model/oci.js'
import { SIGNATURE_ANNOTATION } from '../signatures/simple-signing.js'

/** Annotations in which cosign 2 stores what verifies a signature of an identity. */
const CERTIFICATE = 'dev.sigstore.cosign/certificate'
const LOG_ENTRY = 'dev.sigstore.cosign/bundle'

/** Bundles of this version need no proof of inclusion, which cosign 2 does not store. */
const MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle+json;version=0.1'

/** Writes the bundle of a payload as cosign 2 stores it: in annotations. @throws TypeError for a bundle without a certificate or log entry */
export function payloadAnnotations(bundle: JsonObject): Annotations {
  const { verificationMaterial, messageSignature } = bundle
  const { certificate, x509CertificateChain, tlogEntries } = objectOf(verificationMaterial)
  const [first] = itemsOf(objectOf(x509CertificateChain)['certificates'])
  const encoded = textOf(objectOf(certificate ?? first)['rawBytes'])
  const signature = textOf(objectOf(messageSignature)['signature'])
  const entry = logEntryOf(objectOf(itemsOf(tlogEntries)[0]))
  if (encoded === undefined || signature === undefined) throw new TypeError('the bundle has no certificate')
  return {
    [SIGNATURE_ANNOTATION]: signature,
    [CERTIFICATE]: pemOf(encoded),
    [LOG_ENTRY]: JSON.stringify(entry),
  }
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
  const [pem, entry] = [annotations[CERTIFICATE], annotations[LOG_ENTRY]]
  const signature = annotations[SIGNATURE_ANNOTATION]
  if (pem === undefined || entry === undefined || signature === undefined) return undefined
  const { SignedEntryTimestamp: signedEntryTimestamp, Payload } = objectOf(parseJson(entry))
  const { body, integratedTime, logIndex, logID } = objectOf(Payload)
  const { kind, apiVersion } = objectOf(parseJson(Buffer.from(textOf(body) ?? '', 'base64').toString()))
  const digest = createHash('sha256').update(payload).digest('base64')
  const rawBytes = pem.replaceAll(/-----[A-Z ]+-----|\s/g, '')
  return {
    mediaType: MEDIA_TYPE,
    verificationMaterial: {
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
    },
    messageSignature: { messageDigest: { algorithm: 'SHA2_256', digest }, signature },
  }
}

function pemOf(encoded: string): string {
  const lines = encoded.match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
