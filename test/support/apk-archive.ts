import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { type Header, pack } from 'tar-stream'
import { keyFingerprint } from '../../packages/plugin-alpine/src/apk/apk-source.js'
import { busyboxPath } from '../../scripts/setup/busybox.mjs'

/** Alpine's architectures, with Debian's words for them. */
const ARCHITECTURES = { x86_64: 'amd64', aarch64: 'arm64' } as const

/** A key that signs indexes. */
export interface ApkKey {
  readonly privateKey: string
  readonly publicKey: string
  readonly fingerprint: string
}

/** A file of a package, and how its header differs from the usual one. */
type File = readonly [header: Partial<Header> & Pick<Header, 'name'>, content?: string | Buffer]

/** A package to be written. */
export interface ApkPackage {
  readonly name: string
  readonly version?: string
  readonly fields?: Readonly<Record<string, string>>
  readonly scripts?: Readonly<Record<string, string>>
  readonly files?: readonly File[]
}

const DATE = new Date('2026-01-10T10:00:00Z')

/** Makes a key that signs indexes. */
export function makeApkKey(): ApkKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  return { privateKey, publicKey, fingerprint: keyFingerprint(publicKey) ?? '' }
}

/** Packs a segment: a tar that only the last segment ends with zeros. */
async function segment(files: readonly File[], isLast: boolean): Promise<Buffer> {
  const tar = pack()
  for (const [header, content = ''] of files) {
    tar.entry({ mode: 0o644, uname: 'root', gname: 'root', mtime: DATE, ...header }, content)
  }
  tar.finalize()
  const bytes = await buffer(tar)
  return gzipSync(isLast ? bytes : bytes.subarray(0, -1024))
}

/** Puts a signature before what it signs. */
async function signed(bytes: Buffer, { privateKey }: ApkKey, name = '.SIGN.RSA256.archive.rsa.pub'): Promise<Buffer> {
  return Buffer.concat([await segment([[{ name }, sign('sha256', bytes, privateKey)]], false), bytes])
}

const sha1 = (bytes: Buffer | string) => createHash('sha1').update(bytes)

/** A package in the format of apk's version 2, and its record in an index. */
async function packageOf({ name, version = '1.0-r0', fields = {}, scripts = {}, files = [] }: ApkPackage, key: ApkKey) {
  const withSums = files.map(([header, content = '']): File => {
    const target = header.type === 'symlink' ? (header.linkname ?? '') : content
    const pax = header.type === 'directory' ? {} : { 'APK-TOOLS.checksum.SHA1': sha1(target).digest('hex') }
    return [{ ...header, pax }, content]
  })
  const data = await segment(withSums, true)
  const info = { pkgname: name, pkgver: version, arch: 'noarch', ...fields }
  const lines = Object.entries({ ...info, datahash: createHash('sha256').update(data).digest('hex') })
  const text = lines.map(([field, value]) => `${field} = ${value}\n`).join('')
  const parts = Object.entries(scripts).map(([phase, script]): File => [{ name: `.${phase}`, mode: 0o755 }, script])
  const control = await segment([[{ name: '.PKGINFO' }, text], ...parts], false)
  const record = {
    C: `Q1${sha1(control).digest('base64')}`,
    P: name,
    V: version,
    A: 'noarch',
    S: String(control.length + data.length),
    I: '1',
    T: name,
    U: 'https://example.com',
    L: 'none',
    t: String(DATE.valueOf() / 1000),
    ...(fields['depend'] && { D: fields['depend'] }),
    ...(fields['provides'] && { p: fields['provides'] }),
    ...(fields['install_if'] && { i: fields['install_if'] }),
  }
  const indexed = Object.entries(record)
    .map(([letter, value]) => `${letter}:${value}\n`)
    .join('')
  return { file: await signed(Buffer.concat([control, data]), key), indexed, name: `${name}-${version}.apk` }
}

/** Packages of a system of one program, whose scripts run it. */
function systemOf(word: string): readonly ApkPackage[] {
  const link = (name: string): File => [{ name, type: 'symlink', linkname: 'busybox', mode: 0o777 }]
  return [
    {
      name: 'tiny-busybox',
      fields: { provides: 'cmd:busybox=1.0-r0 /bin/sh' },
      files: [
        [{ name: 'bin/', type: 'directory', mode: 0o755 }],
        [{ name: 'bin/busybox', mode: 0o755 }, readFileSync(busyboxPath(word))],
        link('bin/sh'),
      ],
    },
    {
      name: 'tiny-layout',
      fields: { depend: 'cmd:busybox' },
      files: [
        [{ name: 'etc/', type: 'directory', mode: 0o755 }],
        [{ name: 'etc/passwd' }, 'root:x:0:0:root:/root:/bin/sh\n'],
        [{ name: 'etc/group' }, 'root:x:0:root\n'],
        [{ name: 'tmp/', type: 'directory', mode: 0o1777 }],
      ],
    },
    {
      name: 'tiny-service',
      fields: {
        depend: 'tiny-layout>=1.0 !tiny-rival',
        provides: 'alpine-baselayout alpine-keys alpine-release apk-tools busybox libc-utils',
        triggers: '/etc /no/such/folder',
      },
      scripts: {
        'pre-install': '#!/bin/sh\necho tiny:x:100: >>/etc/group\necho tiny:x:100:100::/:/bin/sh >>/etc/passwd\n',
        'post-install': '#!/bin/sh\nbusybox uname -m >/etc/machine\necho "$1" >/etc/version\n',
        trigger: '#!/bin/sh\necho "$@" >/etc/triggered\n',
      },
      files: [
        [{ name: 'srv/', type: 'directory', mode: 0o750, gname: 'tiny' }],
        [{ name: 'srv/data', mode: 0o2755, uname: 'tiny', gname: 'tiny' }, 'data'],
      ],
    },
    { name: 'tiny-service-doc', fields: { install_if: 'tiny-service=1.0-r0 tiny-layout' } },
    { name: 'tiny-rival' },
    { name: 'tiny-broken', fields: { depend: 'no-such-thing' } },
    { name: 'tiny-twin', files: [[{ name: 'etc/passwd' }, 'other']] },
    { name: 'tiny-failing', fields: { depend: 'tiny-layout' }, scripts: { 'post-install': '#!/bin/sh\nexit 3\n' } },
  ]
}

/**
 * Writes an archive with one repository, `v1/main`, for two architectures.
 *
 * @param more - packages beside those of the system.
 */
export async function writeApkArchive(folder: string, key: ApkKey, more: readonly ApkPackage[] = []): Promise<void> {
  for (const [architecture, word] of Object.entries(ARCHITECTURES)) {
    const place = join(folder, 'v1/main', architecture)
    await mkdir(place, { recursive: true })
    const packages = await Promise.all([...systemOf(word), ...more].map((one) => packageOf(one, key)))
    for (const { name, file } of packages) await writeFile(join(place, name), file)
    const index = packages.map(({ indexed }) => `${indexed}\n`).join('')
    const bytes = await segment(
      [
        [{ name: 'DESCRIPTION' }, 'v1'],
        [{ name: 'APKINDEX' }, index],
      ],
      true,
    )
    await writeFile(join(place, 'APKINDEX.tar.gz'), await signed(bytes, key))
  }
}
