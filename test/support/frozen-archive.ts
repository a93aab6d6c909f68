import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createCleartextMessage, generateKey, sign } from 'openpgp'
import { ARCHIVE_ARCHITECTURE, archivePackages } from '../../scripts/setup/archive-packages.mjs'

/** An archive of Debian's own packages that stands still: signed by a key of its own, and no longer valid. */
export interface FrozenArchive extends AsyncDisposable {
  /** Its base URL. */
  readonly mirror: string
  readonly suite: string
  /** Of the packages: Debian's word. */
  readonly architecture: string
  /** Seconds since the epoch at which it was signed. */
  readonly date: number
  /** The public key that signs it, armored, by fingerprint. */
  readonly keys: Readonly<Record<string, string>>
  /** Paths that were requested, in order. */
  readonly requests: readonly string[]
}

export const SUITE = 'frozen'
const DATE = 'Sat, 10 Jan 2026 10:00:00 UTC'
const VALID_UNTIL = 'Sat, 17 Jan 2026 10:00:00 UTC'
export const INDEX = `main/binary-${ARCHIVE_ARCHITECTURE}/Packages`

/** Starts one on a free port of 127.0.0.1. */
export async function startFrozenArchive(): Promise<FrozenArchive> {
  const packages = await readFile(join(archivePackages(), 'Packages')).catch((cause: unknown) => {
    throw new Error('the packages that tests need have not been fetched: run `npm test`, which does', { cause })
  })
  const { release, keys } = await signedRelease(packages)
  const files = new Map<string, string | Buffer>([
    [`/dists/${SUITE}/InRelease`, release],
    [`/dists/${SUITE}/${INDEX}`, packages],
  ])
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    answer(files, request, response)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    mirror: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    suite: SUITE,
    architecture: ARCHIVE_ARCHITECTURE,
    date: Date.parse(DATE) / 1000,
    keys,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

function answer(files: ReadonlyMap<string, string | Buffer>, { url = '' }: IncomingMessage, response: ServerResponse) {
  const content = files.get(url)
  if (content !== undefined) return response.end(content)
  const name = /^\/pool\/([^/]+\.deb)$/.exec(decodeURIComponent(url))?.[1]
  if (name === undefined) return response.writeHead(404).end()
  return createReadStream(join(archivePackages(), name))
    .on('error', (error) => response.destroy(error))
    .pipe(response)
}

/**
 * Makes the release file of an index of packages, signed by a key of its own.
 *
 * @see https://wiki.debian.org/DebianRepository/Format
 */
export async function signedRelease(packages: Buffer) {
  const hash = createHash('sha256').update(packages).digest('hex')
  const text = `Origin: polyarch tests
Suite: ${SUITE}
Codename: ${SUITE}
Date: ${DATE}
Valid-Until: ${VALID_UNTIL}
Architectures: ${ARCHIVE_ARCHITECTURE}
Components: main
SHA256:
 ${hash} ${packages.byteLength} ${INDEX}
`
  const { privateKey, publicKey } = await generateKey({
    type: 'ecc',
    curve: 'ed25519Legacy',
    userIDs: [{ name: 'frozen archive' }],
    format: 'object',
  })
  const release = await sign({ message: await createCleartextMessage({ text }), signingKeys: privateKey })
  // The signature is over lines that end as mail's do, however they are written.
  return {
    release: release.replaceAll('\r\n', '\n'),
    keys: { [publicKey.getFingerprint().toUpperCase()]: publicKey.armor() },
  }
}
