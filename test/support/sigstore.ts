import { createHash, generateKeyPairSync } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
// Not by its door, which loads a library that replaces Node's HTTP client.
import { fulcioHandler, initializeCA, initializeCTLog } from '@sigstore/mock/dist/fulcio/index.js'
import { initializeTLog, rekorHandler } from '@sigstore/mock/dist/rekor/index.js'
import type { Envelope } from '../../packages/core/src/trust/signatures/dsse.js'

/** A Fulcio and a Rekor of a test's own, made of sigstore's own mock package, on plain HTTP. */
export interface TestSigstore extends AsyncDisposable {
  readonly url: string
  /** The JSON of the trusted root that has their keys. */
  readonly trustedRoot: string
  /** A token whose subject is an identity. */
  token(identity: string, issuer: string): string
}

const KEY_DETAILS = 'PKIX_ECDSA_P256_SHA_256'

/** Starts them. */
export async function startSigstore(): Promise<TestSigstore> {
  const [ca, tlog, ctlog] = [0, 1, 2].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' })) as [
    Pair,
    Pair,
    Pair,
  ]
  const clock = new Date()
  const log = await initializeCTLog(ctlog, clock)
  // Without the clock: certificates would begin before that of the authority, which cosign verifies in seconds.
  const authority = await initializeCA(ca, log)
  const server = http.createServer()
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const rekor = await initializeTLog(url, tlog)
  const handlers = [fulcioHandler(authority), rekorHandler({ ...rekor, log: (entry) => rekor.log(asStored(entry)) })]
  server.on('request', async (request, response) => {
    const handler = handlers.find(({ path }) => path === request.url)
    const answer = await handler?.fn((await buffer(request)).toString())
    response.writeHead(answer?.statusCode ?? 404, { 'content-type': answer?.contentType ?? 'text/plain' })
    response.end(answer?.response)
  })
  const start = new Date(clock.valueOf() - 60_000).toISOString()
  const logOf = (key: Buffer) => ({
    baseUrl: url,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: key.toString('base64'), keyDetails: KEY_DETAILS, validFor: { start } },
    logId: { keyId: createHash('sha256').update(key).digest('base64') },
  })
  const trustedRoot = JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [logOf(rekor.publicKey)],
    certificateAuthorities: [
      {
        subject: { organization: 'sigstore.mock', commonName: 'sigstore' },
        uri: url,
        certChain: { certificates: [{ rawBytes: base64(authority.rootCertificate) }] },
        validFor: { start },
      },
    ],
    ctlogs: [logOf(log.publicKey)],
  })
  return {
    url,
    trustedRoot,
    token: (identity, issuer) =>
      ['{"alg":"none"}', JSON.stringify({ sub: identity, iss: issuer }), ''].map(encoded).join('.'),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface ProposedEntry {
  readonly kind: string
  readonly spec: { readonly proposedContent: { readonly envelope: string; readonly verifiers: readonly string[] } }
}

/** An entry as Rekor stores it: the mock would store it as it was proposed. */
function asStored(proposed: object): object {
  // Entries of other kinds are stored as they are proposed.
  if ((proposed as ProposedEntry).kind !== 'dsse') return proposed
  const { proposedContent } = (proposed as ProposedEntry).spec
  const { payload, signatures } = JSON.parse(proposedContent.envelope) as Envelope
  const hashOf = (bytes: string | Buffer) => ({
    algorithm: 'sha256',
    value: createHash('sha256').update(bytes).digest('hex'),
  })
  return {
    ...proposed,
    spec: {
      envelopeHash: hashOf(proposedContent.envelope),
      payloadHash: hashOf(Buffer.from(payload, 'base64')),
      signatures: signatures.map(({ sig }, at) => ({ signature: sig, verifier: proposedContent.verifiers[at] })),
    },
  }
}

type Pair = ReturnType<typeof generateKeyPairSync> & Parameters<typeof initializeCA>[0]

function base64({ buffer: bytes, byteOffset, byteLength }: ArrayBufferView): string {
  return Buffer.from(bytes, byteOffset, byteLength).toString('base64')
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64url')
}
