import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LockEntry } from '../../src/lock/lock-entry.js'
import { formatLock, parseLock } from '../../src/lock/lock-text.js'
import type { Digest } from '../../src/model/digest.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const ARM = { os: 'linux', architecture: 'arm', variant: 'v7' }
const [A, B] = ['a', 'b'].map((digit) => `sha256:${digit.repeat(64)}` as Digest) as [Digest, Digest]

const ENTRIES: readonly LockEntry[] = [
  {
    kind: 'base',
    name: 'docker.io/library/ubuntu:24.04',
    platform: AMD64,
    index: A,
    image: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: B, size: 424 },
    states: AMD64,
    policy: 'require-match',
  },
  {
    kind: 'base',
    name: 'docker.io/balenalib/raspberry-pi:latest',
    platform: ARM,
    index: A,
    image: { mediaType: 'application/vnd.docker.distribution.manifest.v2+json', digest: B, size: 949 },
    policy: 'trust-declared',
    signer: { fingerprint: A },
  },
  {
    kind: 'base',
    name: 'ghcr.io/team/os:1',
    platform: ARM,
    index: A,
    image: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: B, size: 949 },
    policy: 'require-match',
    signer: { identity: 'https://git.example.com/team/os/ci?branch=main 100%', issuer: 'https://git.example.com' },
  },
  { kind: 'image', name: 'docker.io/library/golang:1.25', platform: ARM, index: A, image: B },
  {
    kind: 'archive',
    by: 'apt',
    name: 'debian/trixie/armhf/main+contrib',
    platform: ARM,
    state: {
      date: '1700000000',
      'main/by=name/Packages.xz': '1'.repeat(64),
      'contrib/binary-armhf/Packages': '2'.repeat(64),
    },
  },
  {
    kind: 'archive',
    by: 'rootfs',
    name: '/my files/100%.tar.xz',
    platform: ARM,
    state: { sha256: '3'.repeat(64) },
  },
]

describe('the text of a lock', () => {
  it('has a line for each name and platform', () => {
    const lines = formatLock(ENTRIES)
      .split('\n')
      .filter((line) => !line.startsWith('#'))
    expect(lines.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
      'polyarch.lock version 1',
      'apt debian/trixie/armhf/main+contrib linux/arm/v7',
      'base docker.io/balenalib/raspberry-pi:latest linux/arm/v7',
      'base docker.io/library/ubuntu:24.04 linux/amd64',
      'base ghcr.io/team/os:1 linux/arm/v7',
      'image docker.io/library/golang:1.25 linux/arm/v7',
      'rootfs /my%20files/100%25.tar.xz linux/arm/v7',
      '',
    ])
    expect(lines[3]).toBe(
      `base docker.io/library/ubuntu:24.04 linux/amd64 index=${A} image=${B} type=application/vnd.oci.image.manifest.v1+json size=424 config=linux/amd64 policy=require-match`,
    )
  })

  it('is the same in whatever order entries come, and reads back as what it was made from', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...ENTRIES], { minLength: 0 }), (entries) => {
        const text = formatLock(entries)
        expect(text).toBe(formatLock(entries.toReversed()))
        expect(new Set(parseLock(text, 'x'))).toEqual(new Set(entries))
        expect(parseLock(text.replaceAll('\n', '\r\n'), 'x')).toHaveLength(entries.length)
      }),
    )
  })

  it('states how it was written, in a line that reading ignores', () => {
    const text = formatLock(ENTRIES)
    const how = '# Written by `npx tsx build.ts lock`;'
    expect(text).toContain(how)
    expect(parseLock(text.replace(how, '# Written by `build.ts lock`;'), 'x')).toEqual(parseLock(text, 'x'))
  })

  it('takes a line that is there twice once, and rejects two that report different things of a name', () => {
    const text = formatLock(ENTRIES)
    const [line = ''] = text.match(/^image .*$/m) ?? []
    expect(parseLock(`${text}${line}\n`, 'x')).toHaveLength(ENTRIES.length)
    const other = line.replace(/image=.*/, `image=sha256:${'e'.repeat(64)}`)
    expect(() => parseLock(`${text}${other}\n`, 'x')).toThrowError(
      expect.objectContaining({
        code: 'LOCK_INVALID',
        message: expect.stringContaining(
          'contradicts an earlier line of docker.io/library/golang:1.25 for linux/arm/v7',
        ),
        hint: 'delete one of them, or both and run `npx tsx build.ts lock`',
      }),
    )
  })

  it.each([
    ['polyarch.lock version 2\n', 'its version is 2, but this polyarch supports 1', 'install a newer @polyarch/core'],
    ['', 'it does not begin with', 'restore it from version control'],
    ['<<<<<<< HEAD\npolyarch.lock version 1\n', 'it does not begin with', 'restore it from version control'],
    ['polyarch.lock version 1\n\nbase x linux/amd64 index=1\n', 'line 3 cannot be read', 'delete it and run'],
    [`polyarch.lock version 1\nimage x linux index=${A} image=sha256:1`, 'line 2 cannot be read', 'delete it and run'],
    ['polyarch.lock version 1\nfancy x linux/amd64', 'line 2 cannot be read', 'delete it and run'],
  ])('is rejected if it cannot be meant: %j', (text, message, hint) => {
    expect(() => parseLock(text, 'polyarch.lock')).toThrowError(
      expect.objectContaining({
        code: 'LOCK_INVALID',
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      }),
    )
  })

  const HASH = 'c'.repeat(64)
  const BASE = { index: A, image: B, type: 'application/x', size: '1', config: 'none', policy: 'fix-config' }
  const without = (name: string) => Object.entries(BASE).filter(([field]) => field !== name)
  const baseLine = (fields: readonly (readonly string[])[]) =>
    `base x linux/amd64 ${fields.map((field) => field.join('=')).join(' ')}`

  it('reads a base whose config states no platform', () => {
    const { index, policy } = BASE
    const image = { mediaType: 'application/x', digest: B, size: 1 }
    const [entry] = parseLock(`polyarch.lock version 1\n${baseLine(Object.entries(BASE))}`, 'x')
    expect(entry).toEqual({ kind: 'base', name: 'x', platform: AMD64, index, image, policy })
    expect(entry).not.toHaveProperty('states')
  })

  it.each([
    ...['index', 'image', 'size', 'config', 'policy'].map((name) => baseLine(without(name))),
    ...[
      'size=0',
      'size=-1',
      'size=x',
      'size=0.5',
      'size=1e999',
      'config=linux',
      'policy=any',
      'index=sha256:1',
      'image=sha256:1',
    ].map((field) => baseLine([...without(field.slice(0, field.indexOf('='))), [field]])),
    `image x linux/amd64 index=${A}`,
    `image x linux/amd64 image=${A}`,
    `image  linux/amd64 index=${A} image=${B}`,
    `image x nonsense/amd64/v1/v2 index=${A} image=${B}`,
    `image x%E0%A4%A linux/amd64 index=${A} image=${B}`,
    `image x`,
    'rootfs x linux/amd64',
    `rootfs x linux/amd64 sha256=${HASH}0`,
    `rootfs x linux/amd64 sha256=0${HASH}`,
    `rootfs x linux/amd64 sha256=${'C'.repeat(64)}`,
    `apt x linux/amd64 main/Packages=${HASH}`,
    `apt x linux/amd64 date=1s main/Packages=${HASH}`,
    `apt x linux/amd64 date=-1 main/Packages=${HASH}`,
    `apt x linux/amd64 date=1 main/Packages=${HASH} contrib/Packages=1`,
    `apt x linux/amd64 date=8640000000001 main/Packages=${HASH}`,
    `apt x linux/amd64 date= main/Packages=${HASH}`,
    `Apk x linux/amd64 date=1 main/APKINDEX.tar.gz=${HASH}`,
    `apk x linux/amd64 date=1 main/APKINDEX.tar.gz=1`,
  ])('is rejected with the number of the line: %s', (line) => {
    expect(() => parseLock(`polyarch.lock version 1\n# why\n \t\n${line}\n`, 'x')).toThrowError(
      expect.objectContaining({ code: 'LOCK_INVALID', message: expect.stringContaining('line 4 cannot be read') }),
    )
  })

  it('has archives of kinds that only a plugin has', () => {
    const state = { date: '1', 'main index/APKINDEX.tar.gz': HASH }
    const text = formatLock([{ kind: 'archive', by: 'apk', name: 'x', platform: AMD64, state }])
    expect(text).toContain(`apk x linux/amd64 date=1 main%20index/APKINDEX.tar.gz=${HASH}\n`)
    expect(parseLock(text, 'x')).toEqual([{ kind: 'archive', by: 'apk', name: 'x', platform: AMD64, state }])
  })

  it('names the second of two lines that contradict each other', () => {
    const text = `polyarch.lock version 1\nrootfs x linux/amd64 sha256=${HASH}\nrootfs x linux/amd64 sha256=${'d'.repeat(64)}`
    expect(() => parseLock(text, 'x')).toThrowError(
      expect.objectContaining({ message: expect.stringMatching(/line 3/) }),
    )
  })

  it('sorts the package indexes of an archive by their paths', () => {
    const state = { 'b/Packages': HASH, 'a/Packages': HASH, date: '1', 'c/Packages': HASH }
    const text = formatLock([{ kind: 'archive', by: 'apt', name: 'x', platform: AMD64, state }])
    expect(text).toContain(`apt x linux/amd64 date=1 a/Packages=${HASH} b/Packages=${HASH} c/Packages=${HASH}\n`)
  })
  it.each([
    `${baseLine(Object.entries(BASE))} digested=yes`,
    `image x linux/amd64 index=${A} image=${B} policy=require-match`,
  ])('rejects a field that it does not have: %s', (line) => {
    const field = / (digested|policy)=[^ ]*$/.exec(line)?.[1]
    expect(() => parseLock(`polyarch.lock version 1\n${line}`, 'x')).toThrowError(
      expect.objectContaining({
        code: 'LOCK_INVALID',
        issues: [
          {
            path: 'x',
            message: `line 2 has the unknown field '${field}'`,
            hint: expect.stringContaining('install a newer @polyarch/core'),
          },
        ],
      }),
    )
  })

  it.each([
    `image x linux/amd64 index=${A} image=${B} image=${A}`,
    `${baseLine(Object.entries(BASE))} identity=https://git.example.com/team`,
  ])('rejects a line with a field twice, or with a part of a signer: %s', (line) => {
    expect(() => parseLock(`polyarch.lock version 1\n${line}`, 'x')).toThrowError(/line 2 cannot be read/)
  })
})
