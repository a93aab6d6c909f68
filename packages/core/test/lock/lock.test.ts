import { describe, expect, it } from 'vitest'
import { aptKind } from '../../src/definition/plugin/kinds/apt-kind.js'
import { archiveKind } from '../../src/definition/plugin/kinds/archive-kind.js'
import { createLock } from '../../src/lock/lock.js'
import { entryMeaning, type LockEntry } from '../../src/lock/lock-entry.js'
import type { Digest } from '../../src/model/digest.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const ARM = { os: 'linux', architecture: 'arm', variant: 'v7' }
const [A, B] = ['a', 'b'].map((digit) => `sha256:${digit.repeat(64)}` as Digest) as [Digest, Digest]

const ROOTFS: LockEntry = {
  kind: 'archive',
  by: 'rootfs',
  name: '/root.tar',
  platform: AMD64,
  state: { sha256: 'c'.repeat(64) },
}
const IMAGE: LockEntry = { kind: 'image', name: 'docker.io/library/golang:1.25', platform: ARM, index: A, image: B }

describe('a lock', () => {
  it('finds an entry by its kind, name and platform', () => {
    const lock = createLock({ entries: [ROOTFS, IMAGE], frozen: false })
    expect(lock.find('image', IMAGE.name, ARM)).toBe(IMAGE)
    expect(lock.findArchive('rootfs', ROOTFS.name, AMD64)).toBe(ROOTFS)
    expect(lock.find('image', IMAGE.name, AMD64)).toBeUndefined()
    expect(lock.find('base', IMAGE.name, ARM)).toBeUndefined()
    expect(lock.find('image', 'docker.io/library/golang:1.26', ARM)).toBeUndefined()
  })

  it('lists the entries that were requested or recorded, and which of them were locked', () => {
    const lock = createLock({ entries: [ROOTFS, IMAGE], frozen: false })
    const recorded: LockEntry = { ...IMAGE, name: 'docker.io/library/node:20' }
    lock.find('image', IMAGE.name, ARM)
    lock.find('image', recorded.name, ARM)
    lock.record(recorded)
    expect(lock.used()).toEqual([IMAGE, recorded])
    expect(lock.locked()).toEqual([IMAGE])
  })

  it('replaces an entry that is recorded again', () => {
    const lock = createLock({ entries: [IMAGE], frozen: false })
    lock.find('image', IMAGE.name, ARM)
    lock.record({ ...IMAGE, image: A })
    expect(lock.used()).toEqual([{ ...IMAGE, image: A }])
  })

  it('notes each missing name once, and none that it has', () => {
    const lock = createLock({ entries: [ROOTFS], frozen: false })
    lock.findArchive('rootfs', ROOTFS.name, AMD64)
    for (const platform of [ARM, ARM, AMD64]) lock.find('image', IMAGE.name, platform)
    expect(lock.notes()).toEqual([
      expect.stringMatching(/^docker\.io\/library\/golang:1\.25 for linux\/arm\/v7 .*polyarch\.lock.*build\.ts lock/),
      expect.stringMatching(/^docker\.io\/library\/golang:1\.25 for linux\/amd64 .*polyarch\.lock.*build\.ts lock/),
    ])
  })

  it('finds and notes nothing if there is no lock file', () => {
    const lock = createLock({ entries: undefined, frozen: false })
    expect(lock.find('image', IMAGE.name, ARM)).toBeUndefined()
    expect(lock.notes()).toEqual([])
    lock.record(IMAGE)
    expect(lock.used()).toEqual([IMAGE])
    expect(lock.locked()).toEqual([])
  })

  it.each([
    { entries: [ROOTFS], what: 'does not have' },
    { entries: undefined, what: 'there is none' },
  ])('rejects a name that it lacks if it is frozen: $what', ({ entries, what }) => {
    const lock = createLock({ entries, frozen: true })
    expect(() => lock.find('image', IMAGE.name, ARM)).toThrowError(
      expect.objectContaining({
        code: 'LOCK_INCOMPLETE',
        hint: expect.stringContaining('npx tsx build.ts lock'),
        issues: [
          expect.objectContaining({
            path: 'polyarch.lock',
            message: expect.stringMatching(`${what}.* docker.io/library/golang:1.25 for linux/arm/v7$`),
          }),
        ],
      }),
    )
  })

  it('finds what it has if it is frozen', () => {
    expect(createLock({ entries: [ROOTFS], frozen: true }).findArchive('rootfs', ROOTFS.name, AMD64)).toBe(ROOTFS)
  })
})

describe('an entry', () => {
  it('names an archive by distribution, suite, architecture and components, not by its packages', () => {
    const archive = {
      kind: 'apt',
      distribution: 'debian',
      suite: 'trixie',
      architecture: 'armhf',
      variant: 'minbase',
      components: ['main', 'contrib'],
      keyring: '/keys',
      packages: ['make'],
    } as const
    expect(aptKind.lockName(archive)).toBe('debian/trixie/armhf/main+contrib')
  })

  it('names a root file system without the credentials of its URL', () => {
    const source = { kind: 'rootfs', location: 'https://user:secret@files.example/root.tar', sha256: '' } as const
    expect(archiveKind.lockName(source)).toBe('https://files.example/root.tar')
  })

  it('means the image, the root file system or the date of the archive', () => {
    const image = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: B, size: 1 }
    const base = { kind: 'base', name: 'x', platform: AMD64, index: A, image, policy: 'fix-config' } as const
    const apt = { kind: 'archive', by: 'apt', name: 'x', platform: AMD64, state: { date: '1700000000' } } as const
    expect([base, IMAGE, ROOTFS, apt].map(entryMeaning)).toEqual([
      B,
      B,
      `sha256:${'c'.repeat(64)}`,
      '2023-11-14T22:13:20.000Z',
    ])
  })
})
