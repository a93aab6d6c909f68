import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { debianMirror } from '../../../scripts/setup/debian-mirror.mjs'
import { run } from '../../../scripts/setup/run.mjs'
import { stateFolder } from '../../../scripts/setup/state-folder.mjs'
import { Cleanup } from '../../../test/support/cleanup.js'
import { startLoopbackArchive } from '../../../test/support/loopback-archive.js'
import { makeRpmKey, writeRpmArchive } from '../../../test/support/rpm-archive.js'
import { tempFolder } from '../../../test/support/temp-folder.js'
import { createRootfsMaker } from '../../core/src/rootfs/maker.js'
import type { RootfsLayer } from '../../core/src/rootfs/port.js'
import { type DnfSource, dnf } from '../src/index.js'

const cleanup = new Cleanup()
let folder: string
let source: DnfSource
/** A PATH with everything of this machine but dnf, and with Debian sid's dnf5. */
let path: string

beforeAll(async () => {
  folder = cleanup.use(await tempFolder('dnf5')).path
  const key = await makeRpmKey(folder, 'archive')
  await writeRpmArchive(join(folder, 'archive'), 1, key)
  const { mirror } = cleanup.use(await startLoopbackArchive(join(folder, 'archive')))
  source = {
    distribution: 'tiny',
    release: '1',
    architecture: 'x86_64',
    mirror,
    repositories: [{ id: 'tiny', path: 'tiny/x86_64' }],
    packages: ['tiny-system', 'tiny-script'],
    database: '/usr/lib/sysimage/rpm',
    platformId: 'platform:t1',
    keys: { [key.fingerprint]: key.armored },
  }
  const root = await rootWithDnf5()
  const work = join(root, 'work')
  await mkdir(work, { recursive: true })
  vi.stubEnv('TMPDIR', work)
  path = await pathWith(root)
}, 900_000)
afterAll(() => {
  vi.unstubAllEnvs()
  return cleanup[Symbol.asyncDispose]()
})

/** Makes a root of Debian sid with dnf5, once: no older release has it. */
async function rootWithDnf5(): Promise<string> {
  const state = stateFolder('dnf5')
  const root = join(state, 'root')
  if (existsSync(root)) return root
  const { uri, keyring } = await debianMirror()
  const draft = join(state, `partial-${process.pid}`)
  const options = ['Acquire::Check-Valid-Until "false"', 'APT::Install-Recommends "false"']
  await run('mmdebstrap', [
    ...['--variant=apt', '--include=dnf5', `--keyring=${keyring}`],
    ...options.map((option) => `--aptopt=${option}`),
    ...['sid', draft, `deb ${uri} sid main`],
  ])
  await rename(draft, root)
  return root
}

async function pathWith(root: string): Promise<string> {
  const bin = join(folder, 'bin')
  await mkdir(bin)
  for (const place of ['/usr/sbin', '/usr/bin']) {
    for (const name of await readdir(place)) {
      if (name !== 'dnf' && !existsSync(join(bin, name)))
        await symlink(join(place, name), join(bin, name)).catch(() => {})
    }
  }
  // Paths of this machine are the same in the root: a link leads from its own path to its top.
  await mkdir(join(root, root, '..'), { recursive: true })
  await symlink('/', join(root, root)).catch(() => {})
  const script = `#!/bin/sh\nPATH=/usr/sbin:/usr/bin:/sbin:/bin exec chroot ${root} dnf5 "$@"\n`
  await writeFile(join(bin, 'dnf5'), script, { mode: 0o755 })
  return bin
}

let count = 0
async function make(change: Partial<DnfSource> = {}): Promise<RootfsLayer> {
  const cacheDirectory = join(folder, `cache-${count++}`)
  const maker = createRootfsMaker({ cacheDirectory, env: { ...process.env, PATH: path } })
  return maker.make(await maker.resolve({ kind: 'made', by: dnf, source: { ...source, ...change } }))
}

it.each(['x86_64', 'aarch64'])(
  'dnf5 makes the same bytes of %s twice, and leaves nothing of its own',
  async (architecture) => {
    const change = { architecture, repositories: [{ id: 'tiny', path: `tiny/${architecture}` }] }
    const layer = await make(change)
    const files = execFileSync('tar', ['-tz'], { input: await bytesOf(layer), encoding: 'utf8' })
      .trim()
      .split('\n')
    expect(files.filter((name) => /dnf|cache|log|lock/.test(name))).toEqual([])
    expect(files).toEqual(expect.arrayContaining(['./etc/machine', './usr/lib/sysimage/rpm/rpmdb.sqlite']))
    expect((await make(change)).blob.descriptor).toEqual(layer.blob.descriptor)
  },
)

async function bytesOf(layer: RootfsLayer): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of await layer.blob.open()) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

it('dnf5 rejects packages that no trusted key signed', async () => {
  const stranger = await makeRpmKey(folder, 'stranger')
  await expect(make({ keys: { [stranger.fingerprint]: stranger.armored } })).rejects.toMatchObject({
    code: 'ROOTFS_FAILED',
    message: expect.stringMatching(/signature|public key/i),
  })
})
