import { execFileSync } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ApkKey, makeApkKey, writeApkArchive } from '../../../test/support/apk-archive.js'
import { Cleanup } from '../../../test/support/cleanup.js'
import { startLoopbackArchive } from '../../../test/support/loopback-archive.js'
import { tempFolder } from '../../../test/support/temp-folder.js'
import type { RootfsEvent } from '../../core/src/model/run/events.js'
import { createRootfsMaker } from '../../core/src/rootfs/maker.js'
import type { RootfsLayer } from '../../core/src/rootfs/port.js'
import { type ApkSource, apk } from '../src/index.js'

const cleanup = new Cleanup()
let folder: string
let mirror: string
const key = makeApkKey()
const stranger = makeApkKey()

beforeAll(async () => {
  folder = cleanup.use(await tempFolder('apk')).path
  await writeApkArchive(join(folder, 'signed'), key)
  await writeApkArchive(join(folder, 'moving'), key)
  await writeApkArchive(join(folder, 'changed'), key)
  ;({ mirror } = cleanup.use(await startLoopbackArchive(folder)))
})
afterAll(() => cleanup[Symbol.asyncDispose]())

const trusting = ({ fingerprint, publicKey }: ApkKey) => ({ keys: { [fingerprint]: publicKey } })

function sourceOf(architecture: string, change: Partial<ApkSource> = {}, archive = 'signed'): ApkSource {
  const packages = ['tiny-service']
  const fixed = { distribution: 'tiny', branch: 'v1', repositories: ['main'], ...trusting(key) }
  return { ...fixed, architecture, packages, mirror: `${mirror}/${archive}`, ...change }
}

let count = 0
/** Makes a base with an empty cache. */
async function make(source: ApkSource, onEvent?: (event: RootfsEvent) => void): Promise<RootfsLayer> {
  expect(apk.issues({ ...source })).toEqual([])
  const maker = createRootfsMaker({ cacheDirectory: join(folder, `cache-${count++}`) })
  return maker.make(await maker.resolve({ kind: 'made', by: apk, source }), { onEvent })
}

async function unpack(layer: RootfsLayer): Promise<string> {
  const root = join(folder, `root-${count++}`)
  await mkdir(root)
  const archive = join(folder, `layer-${count++}.tar.gz`)
  await pipeline(await layer.blob.open(), createWriteStream(archive))
  execFileSync('tar', ['-xzpf', archive, '-C', root, '--numeric-owner'])
  return root
}

const shell = (root: string, script: string) =>
  execFileSync('chroot', [root, '/bin/sh', '-c', script], { encoding: 'utf8' })

describe('a base of apk packages', () => {
  it.each(['x86_64', 'aarch64'])('for %s runs, with the results of scripts and triggers', async (architecture) => {
    const events: RootfsEvent[] = []
    const root = await unpack(await make(sourceOf(architecture), (event) => events.push(event)))
    expect(shell(root, 'busybox uname -m; busybox cat /etc/machine /etc/version /etc/triggered /etc/apk/world')).toBe(
      `${architecture}\n${architecture}\n1.0-r0\n/etc\ntiny-service\n`,
    )
    expect(shell(root, "busybox stat -c '%u:%g %a' /srv /srv/data /tmp")).toBe('0:100 750\n100:100 2755\n0:0 1777\n')
    expect(await readFile(join(root, 'etc/apk/repositories'), 'utf8')).toBe(`${mirror}/signed/v1/main\n`)
    const files = execFileSync('find', ['.', '-type', 'f'], { cwd: root, encoding: 'utf8' }).trim().split('\n').sort()
    expect(files).toEqual([
      './bin/busybox',
      ...['apk/arch', 'apk/repositories', 'apk/world', 'group', 'machine', 'passwd', 'triggered', 'version'].map(
        (name) => `./etc/${name}`,
      ),
      ...['installed', 'scripts.tar', 'triggers'].map((name) => `./lib/apk/db/${name}`),
      './srv/data',
    ])
    expect(events.map((event) => 'phase' in event && event.phase)).toEqual([
      'downloading 4 packages',
      ...['tiny-busybox', 'tiny-layout', 'tiny-service', 'tiny-service-doc'].map((name) => `installing ${name} 1.0-r0`),
    ])
  })

  it('has the database of apk, so that packages can be added and removed later', async () => {
    const root = await unpack(await make(sourceOf('x86_64')))
    const database = await readFile(join(root, 'lib/apk/db/installed'), 'utf8')
    const [record = ''] = database.split('\n\n').filter((text) => text.includes('P:tiny-service\n'))
    expect(record).toContain('\nF:srv\nM:0:100:750\nR:data\na:100:100:2755\nZ:Q1')
    expect(database).toContain('\nF:tmp\nM:0:0:1777')
    const names = execFileSync('tar', ['-tf', join(root, 'lib/apk/db/scripts.tar')], { encoding: 'utf8' })
    expect(names).toMatch(/^tiny-service-1\.0-r0\.X1[0-9a-f]{40}\.(pre-install|post-install|trigger)$/m)
    expect(await readFile(join(root, 'lib/apk/db/triggers'), 'utf8')).toMatch(/^Q1\S+ \/etc \/no\/such\/folder\n$/)
  })

  it('is the same bytes from the same state of the archive, in another folder', async () => {
    const first = await make(sourceOf('aarch64'))
    const before = process.env['TMPDIR']
    const umask = process.umask(0o077)
    process.env['TMPDIR'] = join(folder, 'elsewhere')
    try {
      await mkdir(process.env['TMPDIR'])
      expect((await make(sourceOf('aarch64'))).blob.descriptor).toEqual(first.blob.descriptor)
    } finally {
      process.umask(umask)
      if (before === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = before
    }
  })

  it('trusts each of several keys in a keyring, and is refused without one', async () => {
    const keyring = join(folder, 'both.pem')
    await writeFile(keyring, `${stranger.publicKey}${key.publicKey}`)
    await make(sourceOf('x86_64', { keyring }))
    await writeFile(keyring, 'no key')
    await expect(make(sourceOf('x86_64', { keyring }))).rejects.toMatchObject({
      code: 'DEFINITION_INVALID',
      message: expect.stringContaining('has no public key in PEM'),
    })
  })

  it.each<[string, () => ApkSource, string, string]>([
    [
      'an index that another key signed',
      () => sourceOf('x86_64', trusting(stranger)),
      'ROOTFS_FAILED',
      'no trusted key',
    ],
    ['a missing architecture', () => sourceOf('x86'), 'DOWNLOAD_FAILED', 'does not exist'],
    ['an architecture that nothing here runs', () => sourceOf('s390x'), 'PLATFORM_NOT_RUNNABLE', 's390x'],
    [
      'a package that the archive does not have',
      () => sourceOf('x86_64', { packages: ['none'] }),
      'ROOTFS_FAILED',
      'none',
    ],
    [
      'a dependency that the archive does not have',
      () => sourceOf('x86_64', { packages: ['tiny-broken'] }),
      'ROOTFS_FAILED',
      'tiny-broken requires no-such-thing',
    ],
    [
      'packages that conflict',
      () => sourceOf('x86_64', { packages: ['tiny-service', 'tiny-rival'] }),
      'ROOTFS_FAILED',
      'tiny-service conflicts with tiny-rival',
    ],
    [
      'packages that have one file',
      () => sourceOf('x86_64', { packages: ['tiny-layout', 'tiny-twin'] }),
      'ROOTFS_FAILED',
      'both have etc/passwd',
    ],
    [
      'a script that fails',
      () => sourceOf('x86_64', { packages: ['tiny-failing'] }),
      'ROOTFS_FAILED',
      'installing tiny-failing',
    ],
  ])('is rejected for %s', async (_what, source, code, message) => {
    await expect(make(source())).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
  })

  it.each([
    ['tiny-layout-1.0-r0.apk', 'the sha256 of its files', -100],
    ['tiny-layout-1.0-r0.apk', 'cannot be used', 700],
    ['APKINDEX.tar.gz', 'cannot be used', -100],
  ])('is rejected if %s was changed after it was signed: %s', async (file, message, place) => {
    const path = join(folder, 'changed/v1/main/x86_64', file)
    const content = await readFile(path)
    const changed = Buffer.from(content)
    const at = place < 0 ? changed.length + place : place
    changed.writeUInt8(changed.readUInt8(at) ^ 0xff, at)
    await writeFile(path, changed)
    await expect(make(sourceOf('x86_64', {}, 'changed'))).rejects.toMatchObject({
      code: 'ROOTFS_FAILED',
      message: expect.stringMatching(`${message}|cannot be used`),
    })
    await writeFile(path, content)
  })

  it('is rejected if the archive no longer has the locked state', async () => {
    const base = { kind: 'made', by: apk, source: sourceOf('x86_64', {}, 'moving') } as const
    const maker = createRootfsMaker({ cacheDirectory: join(folder, 'moving-cache') })
    const { state } = await maker.resolve(base)
    await writeApkArchive(join(folder, 'moving'), key, [{ name: 'tiny-new' }])
    await expect(maker.make(await maker.resolve(base, {}, state))).rejects.toMatchObject({ code: 'LOCK_OUTDATED' })
  })
})
