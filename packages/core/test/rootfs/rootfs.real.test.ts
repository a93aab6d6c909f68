import { createHash } from 'node:crypto'
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { createGunzip, gzipSync } from 'node:zlib'
import { extract } from 'tar-stream'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { scratchFolder } from '../../../../scripts/setup/scratch-folder.mjs'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { type FrozenArchive, startFrozenArchive } from '../../../../test/support/frozen-archive.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { packFiles } from '../../../../test/support/tiny-image.js'
import type { AptBase, RootfsBase } from '../../src/definition/plugin/base-source.js'
import { madeBase } from '../../src/definition/plugin/kinds/made-base.js'
import type { UsedArchive } from '../../src/definition/plugin/rootfs-kind.js'
import type { RootfsEvent } from '../../src/model/run/events.js'
import { runMmdebstrap } from '../../src/rootfs/apt/mmdebstrap.js'
import { findNativeTools } from '../../src/rootfs/apt/native-tools.js'
import { createRootfsMaker } from '../../src/rootfs/maker.js'
import type { ResolvedRootfs, RootfsLayer } from '../../src/rootfs/port.js'

const cleanup = new Cleanup()
let caches: readonly [string, string]
let archive: FrozenArchive
/** The smallest base that apt makes: the essential packages of an archive that this machine's apt knows nothing of. */
let essential: AptBase
beforeAll(async () => {
  const { TMPDIR } = scratchFolder()
  if (TMPDIR !== undefined) vi.stubEnv('TMPDIR', TMPDIR)
  caches = [cleanup.use(await tempFolder('cache')).path, cleanup.use(await tempFolder('cache')).path]
  archive = cleanup.use(await startFrozenArchive())
  const { mirror, suite, architecture, keys } = archive
  essential = {
    kind: 'apt',
    distribution: 'frozen',
    suite,
    architecture,
    components: ['main'],
    packages: [],
    variant: 'essential',
    mirror,
    isFrozen: true,
    keyring: '/no/such/keyring.gpg',
    keys,
  }
})
afterAll(() => {
  vi.unstubAllEnvs()
  return cleanup[Symbol.asyncDispose]()
})

async function filesOf(layer: RootfsLayer): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  const reader = (await layer.blob.open()).pipe(createGunzip()).pipe(extract())
  for await (const entry of reader) {
    const name = entry.header.name.replace(/^\.\//, '')
    files.set(name, name === 'etc/apt/sources.list' ? await text(entry) : '')
    entry.resume()
  }
  return files
}

/** Runs as on another machine: with another folder for temporary files, and other rights of new files. */
async function elsewhere<T>(run: () => Promise<T>): Promise<T> {
  const { TMPDIR } = process.env
  const umask = process.umask(0o077)
  process.env['TMPDIR'] = await mkdtemp('/var/tmp/polyarch-elsewhere-')
  await chmod(process.env['TMPDIR'], 0o755)
  try {
    return await run()
  } finally {
    await rm(process.env['TMPDIR'], { recursive: true })
    process.umask(umask)
    if (TMPDIR === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = TMPDIR
  }
}

describe('a base from packages', () => {
  it('is made once, and has the same bytes if it is made again from the same state of an archive', async () => {
    const events: RootfsEvent[] = []
    const [first, second] = caches.map((cacheDirectory) => createRootfsMaker({ cacheDirectory }))
    if (first === undefined || second === undefined) throw new Error('there are two makers')
    const resolved = await first.resolve(madeBase(essential))
    expect(resolved.epoch).toBe(archive.date)
    const made = await first.make(resolved, { onEvent: (event) => events.push(event) })
    const files = await filesOf(made)
    expect([...files.keys()]).toContain('usr/bin/dpkg')
    expect([...files.keys()]).not.toContain('var/lib/dpkg/info/usrmerge.list')
    // Nothing of the machine that it was made on.
    expect([...files.keys()]).not.toContain('etc/hostname')
    expect([...files.keys()]).not.toContain('etc/resolv.conf')
    expect([...files.keys()]).not.toContain('var/lib/dpkg/status-old')
    expect(files.get('etc/apt/sources.list')?.trim()).toBe(`deb ${archive.mirror} frozen main`)
    expect(events.length).toBeGreaterThan(2)

    events.length = 0
    const requests = archive.requests.length
    const again = await first.make(resolved, { onEvent: (event) => events.push(event) })
    expect(again.blob.descriptor).toEqual(made.blob.descriptor)
    expect(events).toEqual([])
    expect(archive.requests.length).toBe(requests)

    const anew = await elsewhere(async () => second.make(await second.resolve(madeBase(essential))))
    expect(anew.blob.descriptor).toEqual(made.blob.descriptor)
    expect(anew.diffId).toBe(made.diffId)
  })

  it('of another architecture is the same bytes whether or not this machine’s own programs help', {
    timeout: 600_000,
  }, async () => {
    // The packages that dpkg and their own scripts need, with a script in Perl, and with the script that removes /lib64:
    // mmdebstrap installs them as it does the essential ones.
    const foreign: AptBase = {
      kind: 'apt',
      distribution: 'debian',
      suite: 'bookworm',
      architecture: 'armhf',
      components: ['main'],
      packages:
        'base-files base-passwd coreutils dash debianutils diffutils dpkg grep libc-bin libpam-runtime perl-base sed usr-is-merged'.split(
          ' ',
        ),
      variant: 'custom' as AptBase['variant'],
      keyring: '/usr/share/keyrings/debian-archive-keyring.gpg',
    }
    const tools = await findNativeTools('arm')
    expect(tools).toBeDefined()
    const resolved = await createRootfsMaker({ cacheDirectory: caches[0] }).resolve(madeBase(foreign))
    const [helped, alone] = await Promise.all(
      [tools, undefined].map((given) =>
        runMmdebstrap({ source: foreign, archive: used(resolved), tools: given }, { env: process.env }, sha256Of),
      ),
    )
    expect(helped).toBe(alone)
  })

  it('is made again if the cache was damaged', async () => {
    const maker = createRootfsMaker({ cacheDirectory: caches[0] })
    const archive = gzipSync(await packFiles({ a: 'content' }))
    const file = join(caches[0], 'archive.tar.gz')
    await writeFile(file, archive)
    const source: RootfsBase = { kind: 'rootfs', location: file, sha256: sha256(archive) }
    const resolved = await maker.resolve(madeBase(source))
    const made = await maker.make(resolved)
    const path = (made.blob.open() as { path?: string }).path ?? ''
    await writeFile(path, 'damaged')
    expect((await maker.make(resolved)).blob.descriptor).toEqual(made.blob.descriptor)
    expect([...(await filesOf(made)).keys()]).toEqual(['a'])
  })

  it('reports what mmdebstrap reported where it fails, and keeps nothing', async () => {
    const maker = createRootfsMaker({ cacheDirectory: caches[0] })
    const before = await filesIn(caches[0])
    // An archive that stands still is no longer valid where that is not said.
    const resolved = await maker.resolve(madeBase({ ...essential, isFrozen: false, packages: ['grep'] }))
    await expect(maker.make(resolved)).rejects.toMatchObject({
      code: 'ROOTFS_FAILED',
      message: expect.stringContaining('is expired'),
    })
    expect(await filesIn(caches[0])).toEqual(before)
  })

  it('ends at once when it is cancelled', async () => {
    const stop = new AbortController()
    const maker = createRootfsMaker({ cacheDirectory: caches[1] })
    const resolved = await maker.resolve(madeBase({ ...essential, packages: ['sed'] }))
    const making = maker.make(resolved, { signal: stop.signal, onEvent: () => stop.abort() })
    await expect(making).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('is not begun if it was cancelled while it was being prepared', async () => {
    const resolved = await createRootfsMaker({ cacheDirectory: caches[1] }).resolve(madeBase(essential))
    const requests = archive.requests.length
    const running = runMmdebstrap(
      { source: essential, archive: used(resolved) },
      { signal: AbortSignal.abort(), env: process.env },
      sha256Of,
    )
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(archive.requests.length).toBe(requests)
  })

  it.each([
    ['a suite that the archive does not have', { suite: 'no-such-suite' }, 'DOWNLOAD_FAILED'],
    ['an architecture that the suite does not have', { architecture: 'i386' }, 'DOWNLOAD_FAILED'],
    ['an architecture that nothing here runs', { architecture: 'sparc' }, 'PLATFORM_NOT_RUNNABLE'],
    ['a keyring that is not there', { keys: undefined }, 'DEFINITION_INVALID'],
    ['another distribution without a mirror', { mirror: undefined }, 'DEFINITION_INVALID'],
    [
      'an architecture that the host’s mirror is not known to carry',
      { mirror: undefined, distribution: 'debian', hostMirrorArchitectures: ['i386'] },
      'DEFINITION_INVALID',
    ],
  ])('rejects %s before anything is made', async (_what, change, code) => {
    const maker = createRootfsMaker({ cacheDirectory: caches[0] })
    await expect(maker.resolve(madeBase({ ...essential, ...change } as AptBase))).rejects.toMatchObject({ code })
  })
})

describe('a base from an archive', () => {
  it.each([
    ['.tar', (tar: Buffer) => tar],
    ['.tar.gz', (tar: Buffer) => gzipSync(tar)],
  ])('is taken from %s by http, and rejected if it is not the one that was named', async (ending, encode) => {
    const archive = encode(await packFiles({ [`file${ending}`]: 'content' }))
    const server = createServer((_request, response) => response.end(archive)).listen(0, '127.0.0.1')
    await new Promise((done) => server.once('listening', done))
    try {
      const location = `http://127.0.0.1:${(server.address() as AddressInfo).port}/root${ending}`
      const maker = createRootfsMaker({ cacheDirectory: caches[0] })
      const make = async (hash: string) =>
        maker.make(await maker.resolve(madeBase({ kind: 'rootfs', location, sha256: hash })))
      expect([...(await filesOf(await make(sha256(archive)))).keys()]).toEqual([`file${ending}`])
      await expect(make('0'.repeat(64))).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
      await expect(make('0'.repeat(64))).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    } finally {
      server.close()
    }
  })

  it('is rejected if there is none', async () => {
    const maker = createRootfsMaker({ cacheDirectory: caches[0] })
    const source: RootfsBase = { kind: 'rootfs', location: '/no/such/root.tar', sha256: '1'.repeat(64) }
    await expect(maker.make(await maker.resolve(madeBase(source)))).rejects.toMatchObject({ code: 'ROOTFS_FAILED' })
  })
})

function used({ state, epoch, mirror = '' }: ResolvedRootfs): UsedArchive {
  return { state, epoch, mirror }
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
}

async function sha256Of(tar: Readable): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(tar, hash)
  return hash.digest('hex')
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
