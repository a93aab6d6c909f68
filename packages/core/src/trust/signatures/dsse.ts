import { itemsOf, objectOf, textOf } from '../../model/json-fields.js'
import type { PublicKey } from '../keys/public-key.js'
import type { SigningKey } from '../keys/signing-key.js'

/** Media type of in-toto statements. */
export const STATEMENT_TYPE = 'application/vnd.in-toto+json'

/** A signed text with its type. @see https://github.com/secure-systems-lab/dsse/blob/v1.0.2/envelope.md */
export interface Envelope {
  readonly payloadType: string
  /** In base64. */
  readonly payload: string
  readonly signatures: readonly { readonly sig: string }[]
}

/** Signs a statement. */
export async function signStatement(statement: Uint8Array, key: SigningKey): Promise<Envelope> {
  const signature = await key.sign(authenticated(STATEMENT_TYPE, statement))
  return {
    payloadType: STATEMENT_TYPE,
    payload: Buffer.from(statement).toString('base64'),
    signatures: [{ sig: Buffer.from(signature).toString('base64') }],
  }
}

/** Reads the bytes of the statement of an envelope that a key has signed; undefined for any other envelope. */
export function verifiedStatement(envelope: unknown, key: PublicKey): Buffer | undefined {
  const { payloadType, payload, signatures } = objectOf(envelope)
  if (payloadType !== STATEMENT_TYPE) return undefined
  const bytes = Buffer.from(textOf(payload) ?? '', 'base64')
  const signed = authenticated(payloadType, bytes)
  const isSigned = itemsOf(signatures).some((one) =>
    key.verifies(signed, Buffer.from(textOf(objectOf(one)['sig']) ?? '', 'base64')),
  )
  return isSigned ? bytes : undefined
}

/** The bytes that a signature is over. @see https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md */
function authenticated(type: string, body: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${body.byteLength} `
  return Buffer.concat([Buffer.from(head), body])
}
