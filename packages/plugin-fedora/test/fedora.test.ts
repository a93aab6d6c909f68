import { readFileSync } from 'node:fs'
import { readKey } from 'openpgp'
import { describe, expect, it } from 'vitest'
import { asking } from '../../../test/support/distribution-releases.js'
import type { Base, DistributionTable } from '../../core/src/definition/plugin/index.js'
import { indexDate } from '../src/dnf/repository-index.js'
import { dnf, fedora } from '../src/index.js'
import { ALMALINUX, CENTOS, FEDORA, ROCKY } from '../src/releases.js'

const TABLES = [FEDORA, ROCKY, ALMALINUX, CENTOS]
const { bases } = fedora()
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const mirror = 'https://mirror.example.com/linux/'

const FIVE = 'amd64 arm64 ppc64le riscv64 s390x'
const FOUR = 'amd64 arm64 ppc64le s390x'

describe('the tables', () => {
  it.each([
    [FEDORA, { 43: ['2026-12-09', FOUR], 44: ['2027-06-02', FOUR], 45: [undefined, FOUR] }],
    [ROCKY, { 9: ['2032-05-31', FOUR], 10: ['2035-05-31', FIVE] }],
    [ALMALINUX, { 9: ['2032-05-31', FOUR], 10: ['2035-05-31', FOUR] }],
    [CENTOS, { 9: ['2027-05-31', FOUR], 10: ['2030-05-31', FOUR] }],
  ])('have the releases, ends of life and architectures of $title', ({ releases }, expected) => {
    const found = Object.entries(releases as DistributionTable['releases']).map(([name, { endOfLife, platforms }]) => [
      name,
      [endOfLife, Object.keys(platforms).sort().join(' ').replaceAll('linux/', '')],
    ])
    expect(Object.fromEntries(found)).toEqual(expected)
  })

  it.each([
    ['fedora', FEDORA, '44', '44'],
    ['rocky', ROCKY, '10', '10'],
    ['almalinux', ALMALINUX, '10', '10'],
    ['centos', CENTOS, '10', 'stream10'],
  ] as const)('have the default release and the flavors of the images of %s', (name, table, release, tag) => {
    const ask = asking(bases[name] as Base)
    const { image } = table
    const endOfLife = (table.releases as DistributionTable['releases'])[release]?.endOfLife
    expect(ask('linux/s390x')).toMatchObject({ kind: 'registry', reference: `${image}:${tag}`, endOfLife })
    const minimal = ask('linux/s390x', { flavor: 'minimal' })
    expect(minimal).toMatchObject(
      name === 'fedora' ? { kind: 'issue', option: 'flavor' } : { reference: `${image}:${tag}-minimal` },
    )
  })

  it('have architectures by the names of RPM', () => {
    const names = { amd64: 'x86_64', arm64: 'aarch64', ppc64le: 'ppc64le', riscv64: 'riscv64', s390x: 's390x' }
    for (const [platform, name] of Object.entries(names)) {
      const answer = asking(bases.rocky)(`linux/${platform}`, { source: 'dnf', mirror })
      expect(answer).toMatchObject({ source: { architecture: name } })
    }
  })

  it.each([
    [FEDORA, 'fedoraproject.org', 3],
    [ROCKY, 'rockylinux.org', 2],
    [ALMALINUX, 'almalinux.org', 2],
    [CENTOS, 'centos.org', 1],
  ])('have keys of $title only', async ({ archive, releases }, owner, count) => {
    const [release] = Object.values(releases)
    if (release === undefined) throw new Error('there is no release')
    const keys = Object.values(archive.source({ release, architecture: '', mirror, packages: [] }).keys ?? {})
    expect(keys).toHaveLength(count)
    for (const armoredKey of keys) {
      const [user = ''] = (await readKey({ armoredKey })).getUserIDs()
      expect(user).toContain(`@${owner}>`)
    }
  })
})

describe('a base of packages', () => {
  it('has the repositories of its release, its keys, and its packages on top of the smallest system', () => {
    const answer = asking(bases.fedora)('linux/arm64', { release: '43', source: 'dnf', mirror, packages: ['git'] })
    expect(answer).toMatchObject({
      kind: 'made',
      source: {
        release: '43',
        architecture: 'aarch64',
        mirror: 'https://mirror.example.com/linux',
        repositories: [
          { id: 'fedora', path: 'releases/43/Everything/aarch64/os' },
          { id: 'updates', path: 'updates/43/Everything/aarch64' },
        ],
        packages: expect.arrayContaining(['bash', 'git']),
        keys: FEDORA.archive.source({ architecture: '', mirror, packages: [], release: FEDORA.releases[43] }).keys,
      },
      endOfLife: '2026-12-09',
    })
  })

  it.each([
    [ROCKY, '9', '9/BaseOS/x86_64/os', '/var/lib/rpm', 'platform:el9'],
    [ALMALINUX, '10', '10/BaseOS/x86_64/os', '/usr/lib/sysimage/rpm', 'platform:el10'],
    [CENTOS, '9', '9-stream/BaseOS/x86_64/os', '/var/lib/rpm', 'platform:el9'],
  ])('of $title $1 uses the layout of its release', ({ archive, releases }, name, path, database, platformId) => {
    const release = Object.entries(releases).find(([key]) => key === name)?.[1]
    if (release === undefined) throw new Error(`there is no ${name}`)
    const source = archive.source({ release, architecture: 'x86_64', mirror, packages: [], keyring: '/keys.asc' })
    expect(source).toMatchObject({ database, platformId, keyring: '/keys.asc' })
    expect(source.repositories).toContainEqual({ id: 'baseos', path })
    expect(source).not.toHaveProperty('keys')
  })

  it.each([
    ['an option as a release', { release: '--nogpgcheck' }, 'release "--nogpgcheck" is not valid'],
    ['a line break in an id', { repositories: [{ id: 'a\nb', path: 'x' }] }, 'repositories[0].id is not valid'],
    ['a path above the mirror', { repositories: [{ id: 'a', path: '../x' }] }, 'repositories[0].path is not valid'],
    [
      'a path as a snapshot',
      { repositories: [{ id: 'a', path: 'x', url: '/srv' }] },
      'repositories[0].url "/srv" is not',
    ],
    ['a wrong checksum', { repositories: [{ id: 'a', path: 'x', sha256: 'ab' }] }, 'repositories[0].sha256 must be 64'],
    ['no repositories', { repositories: [] }, 'repositories must be a list'],
    ['a variable in a mirror', { mirror: 'ftp://a' }, 'mirror "ftp://a" is not an http or https URL'],
    ['an option as a package', { packages: ['--setopt=gpgcheck=0'] }, 'package "--setopt=gpgcheck=0" is not valid'],
    ['a relative database', { database: 'rpm' }, 'database must be an absolute path'],
    ['no keys', { keys: undefined }, 'keyring or keys must be set'],
    ['a key under another fingerprint', { keys: { ABCD: 'x' } }, 'the value of ABCD is not an armored'],
  ])('is rejected for %s', (_what, change, issue) => {
    const request = { release: FEDORA.releases[44], architecture: 'x86_64', mirror, packages: [] }
    const source = FEDORA.archive.source(request)
    expect(dnf.issues({ ...source })).toEqual([])
    expect(dnf.issues({ ...source, ...change })).toContainEqual(expect.stringContaining(issue))
  })
})

describe('snapshots', () => {
  const ask = asking(bases.fedora)
  const options = { source: 'dnf', mirror }
  const updates = { url: 'https://mirror.example.com/2026-11-01/updates', sha256: 'a'.repeat(64) }

  it('replace repositories by their id', () => {
    expect(ask('linux/amd64', { ...options, snapshots: { updates } })).toMatchObject({
      source: {
        repositories: [
          { id: 'fedora', path: 'releases/44/Everything/x86_64/os' },
          { id: 'updates', ...updates },
        ],
      },
    })
  })

  it.each([
    ['an unknown repository', { ...options, snapshots: { testing: updates } }, "has no repository 'testing'"],
    ['an entry without a URL', { ...options, snapshots: { updates: '2026' } }, 'must have URLs by repository'],
    ['a text', { ...options, snapshots: '2026' }, 'must have URLs by repository'],
    ['an image', { snapshots: { updates } }, 'applies to bases made from packages only'],
  ])('are rejected for %s', (_what, given, message) => {
    expect(ask('linux/amd64', given)).toMatchObject({
      kind: 'issue',
      option: 'snapshots',
      message: `option 'snapshots' ${message}`,
    })
  })
})

describe('the keys', () => {
  const keys = TABLES.flatMap(({ title, archive, releases }) => {
    const [release] = Object.values(releases)
    if (release === undefined) throw new Error(`${title} has no release`)
    return Object.entries(archive.source({ release, architecture: '', mirror, packages: [] }).keys ?? {})
  })
  it.each(keys)('are public, and have the fingerprint that is written: %s', async (text, armoredKey) => {
    const key = await readKey({ armoredKey })
    expect(key.getFingerprint().toUpperCase()).toBe(text)
    expect(key.isPrivate()).toBe(false)
    expect(readme).toContain(`\`${text}\``)
  })
})

describe('the index of a repository', () => {
  const data = (type: string, date: string) => `<data type="${type}"><timestamp>${date}</timestamp></data>`

  it('is dated with its newest metadata', () => {
    const text = `<repomd xmlns="x">${data('primary', '1700000000')}${data('other', '1700000001.5')}</repomd>`
    expect(indexDate(text)).toBe(1_700_000_001)
  })

  it.each(['', '<html></html>', '<repomd></repomd>', `<repomd>${data('other', '1')}</repomd>`])(
    'is none without metadata about packages: %s',
    (text) => expect(indexDate(text)).toBeUndefined(),
  )
})
