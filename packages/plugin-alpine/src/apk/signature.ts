import { verify } from 'node:crypto'
import type { GzipMember } from './gzip-members.js'
import { packageError } from './package-error.js'
import { tarEntries } from './tar-entries.js'

/** Hash functions, by the name of the file that has the signature. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ['RSA', 'sha1'],
  ['RSA256', 'sha256'],
  ['RSA512', 'sha512'],
])

/**
 * Checks that one of the keys signed all streams after the first, which has the signatures, and returns them.
 *
 * @param keys - public keys in PEM.
 * @throws PackageError
 */
export async function verifiedMembers(
  [signatures, ...signed]: readonly GzipMember[],
  keys: readonly string[],
): Promise<readonly GzipMember[]> {
  if (signatures === undefined || signed.length === 0) throw packageError('it is not signed')
  const bytes = Buffer.concat(signed.map(({ stored }) => stored))
  for (const { header, content } of await tarEntries(signatures.content)) {
    const hash = HASHES.get(/^\.SIGN\.(\w+)\./.exec(header.name)?.[1] ?? '')
    if (hash !== undefined && keys.some((key) => verify(hash, bytes, key, content))) return signed
  }
  throw packageError('no trusted key signed it')
}
