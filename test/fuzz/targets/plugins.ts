import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { rawEntry } from '../../../packages/core/test/context/hostile-archives.js'
import { publicKeys } from '../../../packages/plugin-alpine/src/apk/apk-source.js'
import { gzipMembers } from '../../../packages/plugin-alpine/src/apk/gzip-members.js'
import { PackageError } from '../../../packages/plugin-alpine/src/apk/package-error.js'
import { readPackage } from '../../../packages/plugin-alpine/src/apk/package-file.js'
import { type IndexedPackage, indexedPackages } from '../../../packages/plugin-alpine/src/apk/package-index.js'
import { selectPackages } from '../../../packages/plugin-alpine/src/apk/selection.js'
import { verifiedMembers } from '../../../packages/plugin-alpine/src/apk/signature.js'
import { acceptsVersion, compareVersions, parseDependency } from '../../../packages/plugin-alpine/src/apk/versions.js'
import { listedArchive } from '../../../packages/plugin-alpine/src/minirootfs/release-list.js'
import { indexDate } from '../../../packages/plugin-fedora/src/dnf/repository-index.js'
import type { FuzzTarget } from '../target.js'
import { withChecksums } from './archives.js'

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})

const CHECKSUM = `Q1${Buffer.alloc(20).toString('base64')}`
const record = (name: string, ...lines: readonly string[]) =>
  [`C:${CHECKSUM}`, `P:${name}`, 'V:1.0-r0', 't:1700000000', ...lines].join('\n')
const INDEX = [
  record('base', 'D:sh>=1.0 !rival', 'k:5'),
  record('busybox', 'p:sh=1.2_rc1 cmd:sh', 'i:base'),
  record('rival', 'D:base~1.0', 'o:base'),
].join('\n\n')

const CONTENT = Buffer.from('signed')
const SIGNATURES = rawEntry({ name: '.SIGN.RSA256.a.rsa.pub', content: sign('sha256', CONTENT, privateKey) })

const DATA = gzipSync(rawEntry({ name: 'file', content: 'content' }))
const DATA_HASH = createHash('sha256').update(DATA).digest('hex')

/** The control segment of a package, whose index has the hash of whatever it is. */
function readControl(input: Buffer): Promise<unknown> {
  const control = gzipSync(withChecksums(input))
  const checksum = `Q1${createHash('sha1').update(control).digest('base64')}`
  return readPackage(Buffer.concat([control, DATA]), { checksum } as IndexedPackage)
}

const REPOMD = `<?xml version="1.0"?><repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>1</revision>
<data type="primary"><checksum type="sha256">${'a'.repeat(64)}</checksum><timestamp>1700000000</timestamp></data>
<data type="other"><timestamp>1700000001.5</timestamp></data></repomd>`

/** The parsers of plugins for packages that other programs do not read. */
export const PLUGIN_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'apk-index',
    seeds: [INDEX],
    words: ['\n\n', '\nP:', '\nD:', '\np:', '\ni:', '!', '>=', '~', '__proto__', CHECKSUM],
    read: (input) => selectPackages(indexedPackages(input.toString(), ''), ['base']),
    errors: [PackageError],
  },
  {
    name: 'apk-version',
    seeds: ['a>=1.2.3_rc1-r4 1.2.3', 'so:libc.so.6~1.2 1.20a_p1', '!a<01.1 1.01_git20200101~abc-r1'],
    words: ['_alpha', '_p', '-r', '.', '~', '9'.repeat(400), '.1'.repeat(5000), '_rc1'.repeat(5000)],
    read(input) {
      const [dependency = '', version = ''] = input.toString().split(' ')
      const parsed = parseDependency(dependency)
      return [acceptsVersion(parsed, version), compareVersions(parsed.version, version)]
    },
  },
  {
    name: 'apk-gzip',
    seeds: [Buffer.concat([gzipSync('one'), gzipSync('two')]), gzipSync(SIGNATURES)],
    words: ['\x1f\x8b\x08', '\x1f\x8b\x08\x1f'],
    read: (input) => gzipMembers(input),
    errors: [PackageError],
  },
  {
    name: 'apk-signature',
    seeds: [SIGNATURES],
    words: ['.SIGN.RSA.', '.SIGN.RSA256.', '.SIGN.RSA512.', '.SIGN.DSA.', 'ustar\0'],
    read: (input) =>
      verifiedMembers(
        [
          { stored: input, content: withChecksums(input) },
          { stored: CONTENT, content: CONTENT },
        ],
        [publicKey],
      ),
    errors: [PackageError],
  },
  {
    name: 'apk-package',
    seeds: [
      Buffer.concat([
        rawEntry({
          name: '.PKGINFO',
          content: `pkgname = a\ntriggers = /etc\nreplaces = b\ndatahash = ${DATA_HASH}\n`,
        }),
        rawEntry({ name: '.post-install', content: '#!/bin/sh\n', mode: '0000755' }),
      ]),
    ],
    words: ['.PKGINFO', 'datahash = ', 'triggers = ', '.trigger', 'ustar\0'],
    read: readControl,
    errors: [PackageError],
  },
  {
    name: 'apk-keyring',
    seeds: [publicKey, `${publicKey}\n${publicKey}`],
    words: ['-----BEGIN PUBLIC KEY-----', '-----END PUBLIC KEY-----', 'RSA '],
    read: (input) => publicKeys(input.toString()),
  },
  {
    name: 'minirootfs-list',
    seeds: [
      `---\n-\n  flavor: alpine-minirootfs\n  file: alpine-minirootfs-3.24.1-x86_64.tar.gz\n  date: 2026-06-02\n  time: 08:00:05\n  sha256: ${'1'.repeat(64)}\n`,
    ],
    words: ['&a ', '*a', '<<: ', '!!binary ', '? ', '- ', '[', '{', '__proto__: ', 'date: '],
    read: (input) => listedArchive(input.toString()),
  },
  {
    name: 'repository-index',
    seeds: [REPOMD],
    words: ['<data type="primary">', '<timestamp>', '</timestamp>', '<repomd', '<!--', '9'.repeat(30)],
    read: (input) => indexDate(input.toString()),
  },
]
