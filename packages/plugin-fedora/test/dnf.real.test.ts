import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../../../test/support/cleanup.js'
import { archiveFile, startLoopbackArchive } from '../../../test/support/loopback-archive.js'
import { makeRpmKey, type RpmKey, writeRpmArchive } from '../../../test/support/rpm-archive.js'
import { tempFolder } from '../../../test/support/temp-folder.js'
import type { RootfsEvent } from '../../core/src/model/run/events.js'
import { createRootfsMaker } from '../../core/src/rootfs/maker.js'
import type { RootfsLayer } from '../../core/src/rootfs/port.js'
import { type DnfSource, dnf } from '../src/index.js'

const cleanup = new Cleanup()
let folder: string
let mirror: string
let key: RpmKey
let stranger: RpmKey

beforeAll(async () => {
  folder = cleanup.use(await tempFolder('rpm')).path
  key = await makeRpmKey(folder, 'archive')
  stranger = await makeRpmKey(folder, 'stranger')
  await writeRpmArchive(join(folder, 'signed'), 1, key)
  await writeRpmArchive(join(folder, 'unsigned'), 1)
  await writeRpmArchive(join(folder, 'moving'), 1, key)
  ;({ mirror } = cleanup.use(await startLoopbackArchive(folder)))
})
afterAll(() => cleanup[Symbol.asyncDispose]())

function sourceOf(architecture: string, change: Partial<DnfSource> = {}, archive = 'signed'): DnfSource {
  return {
    distribution: 'tiny',
    release: '1',
    architecture,
    mirror: `${mirror}/${archive}`,
    repositories: [{ id: 'tiny', path: `tiny/${architecture}` }],
    packages: ['tiny-system', 'tiny-script'],
    database: '/usr/lib/sysimage/rpm',
    platformId: 'platform:t1',
    keys: { [key.fingerprint]: key.armored },
    ...change,
  }
}

let count = 0
/** Makes a base with an empty cache. */
async function make(source: DnfSource, onEvent?: (event: RootfsEvent) => void): Promise<RootfsLayer> {
  expect(dnf.issues(source as never)).toEqual([])
  const maker = createRootfsMaker({ cacheDirectory: join(folder, `cache-${count++}`) })
  return maker.make(await maker.resolve({ kind: 'made', by: dnf, source }), { onEvent })
}

async function unpack(layer: RootfsLayer): Promise<string> {
  const root = join(folder, `root-${count++}`)
  await mkdir(root)
  await pipeline(await layer.blob.open(), createGunzip(), extract(root))
  return root
}

function runIn(root: string, ...command: readonly string[]): string {
  return execFileSync('chroot', [root, ...command], { encoding: 'utf8' })
}

describe('a base made by dnf', () => {
  it.each(['x86_64', 'aarch64'])(
    'of %s runs, and has nothing of the tool and of this machine',
    async (architecture) => {
      const events: RootfsEvent[] = []
      const root = await unpack(await make(sourceOf(architecture), (event) => events.push(event)))
      expect(runIn(root, '/bin/sh', '-c', 'read machine </etc/machine; echo $machine; busybox uname -m')).toBe(
        `${architecture}\n${architecture}\n`,
      )
      const files = execFileSync('find', ['.'], { cwd: root, encoding: 'utf8' }).trim().split('\n').sort()
      expect(files).toEqual([
        '.',
        './bin',
        './bin/busybox',
        './bin/sh',
        './dev',
        './etc',
        './etc/dnf',
        './etc/dnf/modules.d',
        './etc/machine',
        './etc/tiny-release',
        './proc',
        './run',
        './usr',
        './usr/lib',
        './usr/lib/sysimage',
        './usr/lib/sysimage/rpm',
        './usr/lib/sysimage/rpm/rpmdb.sqlite',
        './var',
        './var/tmp',
      ])
      const query = ['--root', root, '--dbpath', '/usr/lib/sysimage/rpm', '-qa', '--qf', '%{name} %{arch}\\n']
      expect(execFileSync('rpm', query, { encoding: 'utf8' }).trim().split('\n').sort()).toEqual([
        expect.stringMatching(/^gpg-pubkey /),
        'tiny-script noarch',
        `tiny-system ${architecture}`,
      ])
      expect(events.map((event) => 'phase' in event && event.phase)).toContain(
        `installing tiny-system-1-1.${architecture}`,
      )
    },
  )

  it('is the same bytes from the same state of the archive, in another folder and at another time', async () => {
    const first = await make(sourceOf('aarch64'))
    const before = process.env['TMPDIR']
    process.env['TMPDIR'] = join(folder, 'elsewhere')
    const umask = process.umask(0o077)
    try {
      await mkdir(process.env['TMPDIR'])
      const second = await make(sourceOf('aarch64'))
      expect(second.blob.descriptor).toEqual(first.blob.descriptor)
    } finally {
      process.umask(umask)
      if (before === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = before
    }
  })

  it.each([
    [
      'packages that another key signed',
      () => sourceOf('x86_64', { keys: { [stranger.fingerprint]: stranger.armored } }),
      'GPG Keys are configured as',
    ],
    ['packages that nobody signed', () => sourceOf('x86_64', {}, 'unsigned'), 'is not signed'],
    [
      'a package that the archive does not have',
      () => sourceOf('x86_64', { packages: ['no-such-package'] }),
      'Unable to find a match: no-such-package',
    ],
  ])('is rejected for %s', async (_what, source, reason) => {
    await expect(make(source())).rejects.toMatchObject({
      code: 'ROOTFS_FAILED',
      message: expect.stringMatching(`^dnf could not make tiny 1 x86_64 \\(packages\\):[^]*${reason}`),
    })
  })

  it('trusts each of several keys in a keyring', async () => {
    const keyring = join(folder, 'both.asc')
    await writeFile(keyring, `${stranger.armored}\n${key.armored}`)
    await make(sourceOf('x86_64', { keyring }))
  })

  it('uses a repository at a URL of its own, in the state with the given checksum only', async () => {
    const url = `${mirror}/signed/tiny/x86_64/`
    const index = archiveFile(folder, 'signed/tiny/x86_64/repodata/repomd.xml') ?? Buffer.alloc(0)
    const sha256 = createHash('sha256').update(index).digest('hex')
    const of = (sum: string) =>
      sourceOf('x86_64', { repositories: [{ id: 'tiny', path: 'none', url, sha256: sum }] }, 'none')
    expect((await make(of(sha256))).diffId).toBe((await make(sourceOf('x86_64'))).diffId)
    await expect(make(of('a'.repeat(64)))).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      message: expect.stringContaining(`has sha256 ${sha256} instead of`),
    })
  })

  it('is rejected for a package that was changed after it was signed', async () => {
    const archive = join(folder, 'changed')
    await writeRpmArchive(archive, 1, key)
    const file = join(archive, 'tiny/x86_64/tiny-system-x86_64.rpm')
    const content = archiveFile(archive, 'tiny/x86_64/tiny-system-x86_64.rpm') ?? Buffer.alloc(0)
    content.writeUInt8(content.readUInt8(content.length - 100) ^ 0xff, content.length - 100)
    await writeFile(file, content)
    // The index has the hash of the changed package: only the signature protects it.
    await rm(join(archive, 'tiny/x86_64/repodata'), { recursive: true })
    execFileSync('createrepo_c', ['--quiet', join(archive, 'tiny/x86_64')])
    await expect(make(sourceOf('x86_64', {}, 'changed'))).rejects.toMatchObject({
      code: 'ROOTFS_FAILED',
      message: expect.stringContaining('tiny-system-x86_64.rpm'),
    })
  })

  it('is rejected before anything is made for an architecture that the archive or this machine does not have', async () => {
    await expect(make(sourceOf('s390x'))).rejects.toMatchObject({ code: 'PLATFORM_NOT_RUNNABLE' })
    const repositories = [{ id: 'tiny', path: 'tiny/i686' }]
    await expect(make(sourceOf('i686', { repositories }))).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' })
  })

  it('is rejected if the archive no longer has the locked state', async () => {
    const base = { kind: 'made', by: dnf, source: sourceOf('x86_64', {}, 'moving') } as const
    const maker = createRootfsMaker({ cacheDirectory: join(folder, 'moving-cache') })
    const { state } = await maker.resolve(base)
    await writeRpmArchive(join(folder, 'moving'), 2, key)
    expect(await maker.current(base)).not.toEqual(state)
    await expect(maker.make(await maker.resolve(base, {}, state))).rejects.toMatchObject({
      code: 'LOCK_OUTDATED',
      message: expect.stringContaining('has tiny 1 x86_64 (packages) of'),
    })
  })
})
