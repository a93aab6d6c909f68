import { createHash, createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asking } from '../../../test/support/distribution-releases.js'
import { gzipMembers } from '../src/apk/gzip-members.js'
import type { IndexedPackage } from '../src/apk/package-index.js'
import { selectPackages } from '../src/apk/selection.js'
import { acceptsVersion, compareVersions, parseDependency } from '../src/apk/versions.js'
import { alpine, apk } from '../src/index.js'
import { ALPINE } from '../src/releases.js'

const mirror = 'https://mirror.example.com/alpine'

describe('a base of packages', () => {
  it('has the repositories of its release, its keys, and its packages on top of those of the images', () => {
    const options = { source: 'apk', release: '3.23', mirror, packages: ['curl'] }
    expect(asking(alpine().bases.alpine)('linux/arm/v6', options)).toMatchObject({
      kind: 'made',
      source: { branch: 'v3.23', architecture: 'armhf', packages: expect.arrayContaining(['busybox', 'curl']) },
      endOfLife: '2027-11-01',
    })
  })

  it.each([
    ['an option as a branch', { branch: '--root' }, 'branch "--root" is not valid'],
    ['a path as a repository', { repositories: ['../main'] }, 'repositories must be a list'],
    ['an option as a package', { packages: ['-X'] }, 'package "-X" is not valid'],
    ['no keys', { keys: undefined }, 'keyring or keys must be set'],
    ['a key under another fingerprint', { keys: { abcd: 'x' } }, 'the value of abcd is not a public key in PEM'],
  ])('is rejected for %s', (_what, change, issue) => {
    const release = ALPINE.releases['3.24']
    const source = ALPINE.archive.source({ release, architecture: 'x86_64', mirror, packages: [] })
    expect(apk.issues({ ...source })).toEqual([])
    expect(apk.issues({ ...source, ...change })).toContainEqual(expect.stringContaining(issue))
  })
})

describe('the keys', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const request = { release: ALPINE.releases['3.24'], architecture: 'x86_64', mirror, packages: [] }
  it.each(Object.entries(ALPINE.archive.source(request).keys ?? {}))('have the fingerprint %s', (fingerprint, key) => {
    const der = createPublicKey(key).export({ type: 'spki', format: 'der' })
    expect(createHash('sha256').update(der).digest('hex')).toBe(fingerprint)
    expect(readme).toContain(`\`${fingerprint}\``)
  })
})

describe('a version', () => {
  const ORDERED = [
    '0.9',
    '1.0_alpha',
    '1.0_alpha2',
    '1.0_beta1',
    '1.0_rc1',
    '1.0',
    '1.0-r1',
    '1.0-r10',
    '1.0_git20200101',
    '1.0_p1',
    '1.0a',
    '1.0b',
    '1.01',
    '1.1',
    '1.2.3',
    '1.10',
    '2',
  ]

  it('is ordered as by apk, in both directions', () => {
    const index = fc.nat({ max: ORDERED.length - 1 })
    fc.assert(
      fc.property(index, index, (a, b) => {
        expect(Math.sign(compareVersions(ORDERED[a] ?? '', ORDERED[b] ?? ''))).toBe(Math.sign(a - b))
      }),
    )
  })

  it.each([
    ['a', '1', true],
    ['a', undefined, true],
    ['a=1.0-r0', '1.0-r0', true],
    ['a=1.0-r0', '1.0-r1', false],
    ['a>=1.2', '1.10', true],
    ['a<1.2', '1.10', false],
    ['a>1', undefined, false],
    ['a~1.2', '1.2.3-r4', true],
    ['a~1.2', '1.20', false],
    ['so:libc.musl-x86_64.so.1', undefined, true],
  ])('of %s accepts %s: %s', (text, version, accepted) => {
    expect(acceptsVersion(parseDependency(text), version)).toBe(accepted)
  })
})

describe('the selection', () => {
  const one = (name: string, fields: Partial<IndexedPackage> = {}): IndexedPackage => ({
    name,
    version: '1',
    checksum: '',
    depends: [],
    provides: [],
    installIf: [],
    priority: 0,
    origin: '',
    built: 0,
    record: '',
    folder: '',
    ...fields,
  })
  const names = (index: readonly IndexedPackage[], ...world: readonly string[]) =>
    selectPackages(index, world).map(({ name, version }) => `${name}-${version}`)

  it('has dependencies first, and the newest version that all accept', () => {
    const index = [one('b'), one('b', { version: '2' }), one('a', { depends: ['b'] }), one('c', { depends: ['b<2'] })]
    expect(names(index, 'a')).toEqual(['b-2', 'a-1'])
    expect(names(index, 'b<2', 'c')).toEqual(['b-1', 'c-1'])
    expect(() => names(index, 'a', 'c')).toThrow('c requires b<2')
  })

  it('takes a provider by priority, and keeps one that is selected already', () => {
    const index = [one('x', { provides: ['sh'] }), one('y', { provides: ['sh'], priority: 9 })]
    expect(names(index, 'sh')).toEqual(['y-1'])
    expect(names([...index, one('z', { depends: ['sh'] })], 'x', 'z')).toEqual(['x-1', 'z-1'])
  })

  it('ends with packages that require each other, and adds those of combinations', () => {
    const index = [one('a', { depends: ['b'] }), one('b', { depends: ['a'] }), one('c', { installIf: ['a', 'b'] })]
    expect(names(index, 'a').toSorted()).toEqual(['a-1', 'b-1', 'c-1'])
    expect(names([one('a'), one('c', { installIf: ['a', 'b'] })], 'a')).toEqual(['a-1'])
  })
})

describe('concatenated gzip streams', () => {
  it('are split if each ends', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (contents) => {
        const members = gzipMembers(Buffer.concat(contents.map((content) => gzipSync(content))))
        expect(members.map(({ content }) => [...content])).toEqual(contents.map((content) => [...content]))
      }),
    )
  })

  it.each([
    ['something else', Buffer.from('not gzip, and long enough to be it')],
    ['a cut stream', gzipSync('content').subarray(0, -3)],
    ['a stream without an end', gzipSync('content').subarray(0, 14)],
    ['a name without an end', Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 0, 65, 65])],
  ])('are rejected for %s', (_what, bytes) => {
    expect(() => gzipMembers(bytes)).toThrow()
  })
})
