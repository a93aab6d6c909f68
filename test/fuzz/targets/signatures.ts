import { generateKeyPairSync } from 'node:crypto'
import { digestOf } from '../../../packages/core/src/model/digest.js'
import { TEST_RESULT } from '../../../packages/core/src/steps/test/test-result.js'
import { parsePublicKey } from '../../../packages/core/src/trust/keys/public-key.js'
import { parseSigningKey } from '../../../packages/core/src/trust/keys/signing-key.js'
import { keyBundle, readBundle } from '../../../packages/core/src/trust/signatures/bundle.js'
import { signStatement } from '../../../packages/core/src/trust/signatures/dsse.js'
import { bundleOfEnvelope, bundleOfPayload } from '../../../packages/core/src/trust/signatures/payload-signature.js'
import { isPayloadOf, simplePayload } from '../../../packages/core/src/trust/signatures/simple-signing.js'
import {
  predicateTypeOf,
  SIGN_PREDICATE,
  signsSubject,
  statementOn,
} from '../../../packages/core/src/trust/signatures/statement.js'
import { keyVerifier } from '../../../packages/core/src/trust/signer.js'
import type { FuzzTarget } from '../target.js'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const PUBLIC = publicKey.export({ type: 'spki', format: 'pem' }).toString()
const KEY = await parseSigningKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), undefined)
const DIGEST = digestOf(Buffer.from('image'))
const STATEMENT = Buffer.from(statementOn(DIGEST, SIGN_PREDICATE, {}))
const RESULT = Buffer.from(statementOn(DIGEST, TEST_RESULT, { result: 'PASSED', passedTests: ['a'] }))
const BUNDLE = Buffer.from(keyBundle(await signStatement(STATEMENT, KEY), KEY.publicKey))
const WORDS = ['"subject":', '"digest":', '"sha256":', '"predicateType":', '__proto__', '[', '{', 'null']

const BODY = Buffer.from('{"kind":"hashedrekord","apiVersion":"0.0.1"}').toString('base64')
const ANNOTATIONS = {
  'dev.cosignproject.cosign/signature': 'MEUCIQ==',
  'dev.sigstore.cosign/certificate': '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
  'dev.sigstore.cosign/bundle': JSON.stringify({
    SignedEntryTimestamp: 'MEUCIQ==',
    Payload: { body: BODY, integratedTime: 1, logIndex: 2, logID: 'abcd' },
  }),
}

/** A bundle that verifies must have the bytes of the statement that was signed. */
function verified(input: Buffer): Buffer | undefined {
  const statement = keyVerifier(KEY.publicKey).verified(readBundle(input))
  if (statement !== undefined && !statement.equals(STATEMENT))
    throw new Error('a statement that nobody signed verifies')
  return statement
}

/** Signatures and statements, which anybody can attach to an image. */
export const SIGNATURE_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'signature-bundle',
    seeds: [BUNDLE],
    words: ['"dsseEnvelope":', '"payload":', '"signatures":', '"sig":', '__proto__', '[', '{'],
    read: verified,
  },
  {
    name: 'signature-payload',
    seeds: [Buffer.from(simplePayload('ghcr.io/team/app', DIGEST))],
    words: ['"critical":', '"image":', '"docker-manifest-digest":', '"type":', '__proto__'],
    read: (input) => isPayloadOf(input, DIGEST),
  },
  {
    name: 'payload-annotations',
    seeds: [JSON.stringify(ANNOTATIONS)],
    words: ['SignedEntryTimestamp', 'Payload', 'logIndex', '-----', '__proto__', 'null', '\\"'],
    read: (input) => {
      const annotations = readBundle(input) as Readonly<Record<string, string>>
      return [bundleOfPayload(STATEMENT, annotations), bundleOfEnvelope({}, annotations)]
    },
  },
  {
    name: 'statement',
    seeds: [STATEMENT, RESULT],
    words: WORDS,
    read: (input) => [predicateTypeOf(input), signsSubject(input, DIGEST)],
  },
  {
    name: 'public-key',
    seeds: [PUBLIC],
    words: ['-----BEGIN PUBLIC KEY-----', '-----END PUBLIC KEY-----', '\n'],
    read: (input) => parsePublicKey(input.toString()),
    errors: [TypeError],
  },
]
