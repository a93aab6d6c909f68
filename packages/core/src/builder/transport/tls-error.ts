/** What went wrong between two that should speak TLS, for people. */
export interface TlsError {
  readonly reason: string
  readonly hint: string
}

const FILES = "the folder that 'certificates' or DOCKER_CERT_PATH names, or the docker context"
const NOT_TRUSTED = `The ca.pem of ${FILES} has to be that of who signed the engine's certificate.`

/** By the code of node's error. @see https://nodejs.org/docs/latest-v20.x/api/tls.html#x509-certificate-error-codes */
const FAULTS: ReadonlyMap<string, TlsError> = new Map([
  ...[
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_GET_ISSUER_CERT',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'CERT_SIGNATURE_FAILURE',
  ].map((code) => [code, { reason: 'its certificate is signed by nobody known here', hint: NOT_TRUSTED }] as const),
  ['CERT_HAS_EXPIRED', { reason: 'its certificate has expired', hint: 'Have a new one made for the engine.' }],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    {
      reason: 'its certificate is for other names',
      hint: 'Use one of these names, or have a certificate made for this one.',
    },
  ],
  ['EPROTO', { reason: 'it does not speak TLS', hint: 'Leave the certificates out where it is meant to be so.' }],
])

/** What the engine tells of a client's certificate, an alert of TLS. */
function isRefusal(code: string): boolean {
  return /^ERR_SSL_.*ALERT/.test(code) && /CERT|UNKNOWN_CA/.test(code)
}

/** What a code of node's or OpenSSL's errors means; undefined where it is none of TLS. */
export function tlsError(code: string): TlsError | undefined {
  if (isRefusal(code)) {
    return {
      reason: "it takes none but known clients, and this one's certificate is not of them, or missing",
      hint: `Its administrator gives out a cert.pem and a key.pem; they belong into ${FILES}.`,
    }
  }
  if (code.startsWith('ERR_OSSL_')) {
    return {
      reason: 'the certificates for it cannot be used',
      hint: 'See that ca.pem, cert.pem and key.pem are PEM files, and that the key is that of the certificate.',
    }
  }
  return FAULTS.get(code)
}
