import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import {
  type FrozenArchive,
  INDEX,
  SUITE,
  signedRelease,
  startFrozenArchive,
} from '../../../../test/support/frozen-archive.js'
import { type LoopbackArchive, startLoopbackArchive } from '../../../../test/support/loopback-archive.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import type { AptBase } from '../../src/definition/plugin/base-source.js'
import { madeBase } from '../../src/definition/plugin/kinds/made-base.js'
import { createRootfsMaker } from '../../src/rootfs/maker.js'
import type { RootfsLayer } from '../../src/rootfs/port.js'

const cleanup = new Cleanup()
let folder: string
let main: FrozenArchive
let beside: LoopbackArchive
let overlayKeys: Readonly<Record<string, string>>

beforeAll(async () => {
  folder = cleanup.use(await tempFolder('overlays')).path
  main = cleanup.use(await startFrozenArchive())
  overlayKeys = await writeOverlay(join(folder, 'beside'), 'one')
  beside = cleanup.use(await startLoopbackArchive(join(folder, 'beside')))
})
afterAll(() => cleanup[Symbol.asyncDispose]())

/** Writes an archive with one package, and returns the key that signs it. */
async function writeOverlay(archive: string, content: string): Promise<Readonly<Record<string, string>>> {
  const root = join(folder, `package-${content}`)
  await mkdir(join(root, 'DEBIAN'), { recursive: true })
  await mkdir(join(root, 'etc'))
  const control = `Package: beside\nVersion: 1\nArchitecture: all\nMaintainer: nobody\nDescription: a file\n`
  await writeFile(join(root, 'DEBIAN/control'), control)
  await writeFile(join(root, 'etc/beside'), content)
  await mkdir(join(archive, 'pool'), { recursive: true })
  const file = join(archive, 'pool/beside.deb')
  execFileSync('dpkg-deb', ['--root-owner-group', '--build', root, file], { stdio: 'pipe' })
  const deb = await readFile(file)
  const hash = createHash('sha256').update(deb).digest('hex')
  const packages = Buffer.from(`${control}Filename: pool/beside.deb\nSize: ${deb.length}\nSHA256: ${hash}\n`)
  const index = join(archive, 'dists', SUITE, INDEX)
  await mkdir(join(index, '..'), { recursive: true })
  await writeFile(index, packages)
  const { release, keys } = await signedRelease(packages)
  await writeFile(join(archive, 'dists', SUITE, 'InRelease'), release)
  return keys
}

function baseWith(keys = overlayKeys): AptBase {
  const { mirror, suite, architecture } = main
  const components = ['main']
  return {
    kind: 'apt',
    distribution: 'frozen',
    suite,
    architecture,
    components,
    packages: ['beside'],
    variant: 'essential',
    mirror,
    isFrozen: true,
    keys: main.keys,
    overlays: [{ distribution: 'beside', mirror: beside.mirror, suite, components, keys }],
  }
}

let count = 0
async function make(base: AptBase) {
  const maker = createRootfsMaker({ cacheDirectory: join(folder, `cache-${count++}`) })
  const resolved = await maker.resolve(madeBase(base))
  return { resolved, layer: await maker.make(resolved) }
}

async function filesOf(layer: RootfsLayer): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  const wanted = /^(\.\/)?etc\/(beside|apt\/sources\.list)$/
  for await (const entry of (await layer.blob.open()).pipe(createGunzip()).pipe(extract())) {
    if (wanted.test(entry.header.name)) files.set(entry.header.name.replace('./', ''), await text(entry))
    entry.resume()
  }
  return files
}

it('has packages of the archive beside the main one, and the same bytes twice', async () => {
  const { resolved, layer } = await make(baseWith())
  const files = await filesOf(layer)
  expect(files.get('etc/beside')).toBe('one')
  expect(files.get('etc/apt/sources.list')?.trim().split(/\n+/)).toEqual([
    `deb ${main.mirror} ${SUITE} main`,
    `deb ${beside.mirror} ${SUITE} main`,
  ])
  expect(Object.keys(resolved.state).sort()).toEqual([`beside/${INDEX}`, 'date', INDEX].sort())
  expect((await make(baseWith())).layer.blob.descriptor).toEqual(layer.blob.descriptor)
})

it('is refused if another key signs the archive beside the main one', async () => {
  await expect(make(baseWith(main.keys))).rejects.toMatchObject({
    code: 'ROOTFS_FAILED',
    message: expect.stringContaining('NO_PUBKEY'),
  })
})

it('has another key once the archive beside the main one has changed', async () => {
  const maker = createRootfsMaker({ cacheDirectory: join(folder, 'cache-changed') })
  const before = await maker.resolve(madeBase(baseWith()))
  const keys = await writeOverlay(join(folder, 'beside'), 'two')
  const after = await maker.resolve(madeBase(baseWith(keys)))
  expect(after.inputs).not.toEqual(before.inputs)
  expect((await filesOf(await maker.make(after))).get('etc/beside')).toBe('two')
})
