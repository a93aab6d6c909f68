import { HostError } from '../../model/errors.js'

const PACKAGES = '@sigstore/bundle @sigstore/protobuf-specs @sigstore/sign @sigstore/tuf @sigstore/verify'

/** Exports of the libraries. Declared, because the types of the package cannot name what they contain themselves. */
type Sigstore = typeof import('@sigstore/bundle') &
  typeof import('@sigstore/protobuf-specs') &
  typeof import('@sigstore/sign') &
  typeof import('@sigstore/tuf') &
  typeof import('@sigstore/verify')

/** Loads sigstore's libraries, which are installed only by users of identities. @throws HostError TOOL_MISSING */
export async function loadSigstore(): Promise<Sigstore> {
  try {
    const [bundle, specs, sign, tuf, verify] = await Promise.all([
      import('@sigstore/bundle'),
      import('@sigstore/protobuf-specs'),
      import('@sigstore/sign'),
      import('@sigstore/tuf'),
      import('@sigstore/verify'),
    ])
    return { ...bundle, ...specs, ...sign, ...tuf, ...verify }
  } catch (cause) {
    throw new HostError(
      'TOOL_MISSING',
      'the packages of sigstore, which sign and verify by identity, are not installed',
      {
        hint: `npm install ${PACKAGES}`,
        cause,
      },
    )
  }
}
