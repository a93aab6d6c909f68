/** The description of a TLS error. */
export interface TlsError {
  readonly reason: string
  readonly hint: string
}

const FILES = "the folder that 'certificates' or DOCKER_CERT_PATH names, or the docker context"
const NOT_TRUSTED = `the ca.pem of ${FILES} must be the authority that signed the builder's certificate`

/** By the code of node's error. @see https://nodejs.org/docs/latest-v20.x/api/tls.html#x509-certificate-error-codes */
const TLS_ERRORS: ReadonlyMap<string, TlsError> = new Map([
  ...[
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_GET_ISSUER_CERT',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'CERT_SIGNATURE_FAILURE',
  ].map((code) => [code, { reason: 'its certificate is signed by an unknown authority', hint: NOT_TRUSTED }] as const),
  ['CERT_HAS_EXPIRED', { reason: 'its certificate has expired', hint: 'create a new certificate for the builder' }],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    {
      reason: 'its certificate is for other names',
      hint: 'use one of these names, or create a certificate for this name',
    },
  ],
  ['EPROTO', { reason: 'it does not use TLS', hint: 'if this is intended, remove the certificates' }],
])

/** Whether a code is a TLS alert with which the builder rejected the client's certificate. */
function isRejection(code: string): boolean {
  return /^ERR_SSL_.*ALERT/.test(code) && /CERT|UNKNOWN_CA/.test(code)
}

/** Describes an error code of Node.js or OpenSSL; undefined if it does not concern TLS. */
export function tlsError(code: string): TlsError | undefined {
  if (isRejection(code)) {
    return {
      reason: 'it requires a client certificate, and the one of this client is missing or not accepted',
      hint: `get a cert.pem and a key.pem from its administrator, and put them into ${FILES}`,
    }
  }
  if (code.startsWith('ERR_OSSL_')) {
    return {
      reason: 'the certificates for it cannot be used',
      hint: 'check that ca.pem, cert.pem and key.pem are PEM files, and that the key matches the certificate',
    }
  }
  return TLS_ERRORS.get(code)
}
