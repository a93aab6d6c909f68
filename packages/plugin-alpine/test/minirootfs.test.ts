import { createHash } from 'node:crypto'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Cleanup } from '../../../test/support/cleanup.js'
import { asking } from '../../../test/support/distribution-releases.js'
import { type LoopbackArchive, startLoopbackArchive } from '../../../test/support/loopback-archive.js'
import { tempFolder } from '../../../test/support/temp-folder.js'
import { packFiles } from '../../../test/support/tiny-image.js'
import type { BaseAnswer } from '../../core/src/definition/plugin/base-source.js'
import { madeBase } from '../../core/src/definition/plugin/kinds/made-base.js'
import { createRegistry } from '../../core/src/registry/index.js'
import { createRootfsMaker } from '../../core/src/rootfs/maker.js'
import { checkPublished } from '../../core/src/testing/index.js'
import { alpine } from '../src/index.js'
import { listedArchive } from '../src/minirootfs/release-list.js'

const ask = asking(alpine().bases.alpine)
const cleanup = new Cleanup()
let folder: string
let archives: LoopbackArchive

beforeAll(async () => {
  folder = cleanup.use(await tempFolder('minirootfs')).path
  archives = cleanup.use(await startLoopbackArchive(join(folder, 'mirror')))
})
afterAll(() => cleanup[Symbol.asyncDispose]())

const PLACE = 'v3.24/releases/aarch64'

/** Publishes an archive, and names it in the list of its branch, as Alpine does. */
async function publish(version: string): Promise<string> {
  const place = join(folder, 'mirror', PLACE)
  await mkdir(place, { recursive: true })
  const content = gzipSync(await packFiles({ 'etc/alpine-release': `${version}\n` }))
  const file = `alpine-minirootfs-${version}-aarch64.tar.gz`
  await writeFile(join(place, file), content)
  const sha256 = createHash('sha256').update(content).digest('hex')
  await writeFile(join(place, 'latest-releases.yaml'), listOf(version, file, sha256))
  return sha256
}

function listOf(version: string, file: string, sha256: string): string {
  return `---
-
  title: "Netboot"
  flavor: alpine-netboot
  file: alpine-netboot-${version}-aarch64.tar.gz
  date: 2026-06-02
  time: 08:00:01
  sha256: ${'0'.repeat(64)}
-
  title: "Mini root filesystem"
  desc: |
    Minimal root filesystem.
    For use in containers.
  branch: v3.24
  arch: aarch64
  version: ${version}
  flavor: alpine-minirootfs
  file: ${file}
  date: 2026-06-02
  time: 08:00:05
  size: 100
  sha256: ${sha256}
`
}

function baseOf(options: object) {
  const answer = ask('linux/arm64', { source: 'minirootfs', mirror: archives.mirror, ...options })
  const made = 'kind' in answer && answer.kind !== 'issue' ? madeBase(answer as BaseAnswer) : undefined
  if (made === undefined) throw new Error(`it is refused: ${JSON.stringify(answer)}`)
  return made
}

let count = 0
const makerOf = () => createRootfsMaker({ cacheDirectory: join(folder, `cache-${count++}`) })

describe('a base from a root file system archive', () => {
  it('is the newest one that the list of the release names, with its checksum and date', async () => {
    const sha256 = await publish('3.24.1')
    const [maker, other] = [makerOf(), makerOf()]
    const resolved = await maker.resolve(baseOf({}))
    expect(resolved.state).toEqual({
      date: String(Date.parse('2026-06-02T08:00:05Z') / 1000),
      'alpine-minirootfs-3.24.1-aarch64.tar.gz': sha256,
    })
    const layer = await maker.make(resolved)
    expect((await other.make(await other.resolve(baseOf({})))).blob.descriptor).toEqual(layer.blob.descriptor)
  })

  it('is the locked one after a newer one has been published', async () => {
    await publish('3.24.1')
    const maker = makerOf()
    const { state, inputs } = await maker.resolve(baseOf({}))
    const layer = await maker.make(await maker.resolve(baseOf({})))
    await publish('3.24.2')
    expect(await maker.current(baseOf({}))).not.toEqual(state)
    const later = makerOf()
    const locked = await later.resolve(baseOf({}), {}, state)
    expect(locked.inputs).toEqual(inputs)
    expect((await later.make(locked)).diffId).toBe(layer.diffId)
  })

  it('is the one with the checksum of the definition, without the list', async () => {
    const sha256 = await publish('3.24.1')
    await rm(join(folder, 'mirror', PLACE, 'latest-releases.yaml'))
    const maker = makerOf()
    const base = baseOf({ archive: { version: '3.24.1', sha256 } })
    await maker.make(await maker.resolve(base))
    await expect(maker.resolve(baseOf({}))).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' })
  })

  it('is rejected if the archive is another one than its checksum states', async () => {
    await publish('3.24.1')
    const place = join(folder, 'mirror', PLACE)
    await cp(
      join(place, 'alpine-minirootfs-3.24.2-aarch64.tar.gz'),
      join(place, 'alpine-minirootfs-3.24.1-aarch64.tar.gz'),
    )
    for (const archive of [undefined, { version: '3.24.1', sha256: 'a'.repeat(64) }]) {
      const maker = makerOf()
      const resolved = await maker.resolve(baseOf({ archive }))
      await expect(maker.make(resolved)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    }
  })

  it('is compared with what is published', async () => {
    await publish('3.24.1')
    const plugin = alpine({ source: 'minirootfs', mirror: archives.mirror })
    await using registry = createRegistry()
    const findings = await checkPublished(plugin, { alpine: { accepted: [{}] } }, { registry })
    const states = Object.fromEntries(findings.map(({ platform, state }) => [platform, state]))
    expect(states).toMatchObject({ 'linux/arm64': 'true', 'linux/amd64': 'wrong' })
    const list = join(folder, 'mirror', PLACE, 'latest-releases.yaml')
    await writeFile(list, (await readFile(list, 'utf8')).replace('flavor: alpine-minirootfs', 'flavor: none'))
    const again = await checkPublished(plugin, { alpine: { accepted: [{}] } }, { registry })
    expect(again.find(({ platform }) => platform === 'linux/arm64')).toMatchObject({ state: 'wrong' })
  })
})

describe('the options of root file system archives', () => {
  const mirror = 'https://mirror.example.com/alpine/'
  const sha256 = 'a'.repeat(64)

  it('name an archive of the architecture, with the end of life of the release', () => {
    const archive = { version: '3.22.2', sha256 }
    expect(ask('linux/arm/v6', { source: 'minirootfs', release: '3.22', mirror, archive })).toEqual({
      kind: 'rootfs',
      location: 'https://mirror.example.com/alpine/v3.22/releases/armhf/alpine-minirootfs-3.22.2-armhf.tar.gz',
      sha256,
      endOfLife: '2027-05-01',
    })
  })

  it.each([
    ['no mirror', { source: 'minirootfs' }, 'mirror', 'no mirror is configured'],
    ['a mirror that is a path', { source: 'minirootfs', mirror: '/srv' }, 'mirror', 'is not an http'],
    ['packages', { source: 'minirootfs', mirror, packages: ['curl'] }, 'packages', 'does not apply'],
    ['an image', { source: 'minirootfs', mirror, image: 'x' }, 'image', 'does not apply'],
    ['a release that does not exist', { source: 'minirootfs', mirror, release: '2.0' }, 'release', 'does not exist'],
    [
      'a path as a version',
      { source: 'minirootfs', mirror, archive: { version: '../1', sha256 } },
      'archive',
      'version',
    ],
    ['no checksum', { source: 'minirootfs', mirror, archive: { version: '3.24.1' } }, 'archive', '64 hex digits'],
    ['a text as an archive', { source: 'minirootfs', mirror, archive: '3.24.1' }, 'archive', 'version'],
    [
      'an archive for an image',
      { archive: { version: '3.24.1', sha256 } },
      'archive',
      'root file system archives only',
    ],
    ['an unknown source', { source: 'apt' }, 'source', "source 'apt' does not exist"],
  ])('are rejected for %s', (_what, options, option, message) => {
    const answer = ask('linux/amd64', options)
    const issues = 'kind' in answer ? [answer] : answer
    expect(issues[0]).toMatchObject({ kind: 'issue', option, message: expect.stringContaining(message) })
  })
})

describe('a list of releases', () => {
  it.each([
    ['a page', '<html></html>'],
    ['a mapping', 'flavor: alpine-minirootfs'],
    ['a file in another folder', listOf('1', '../alpine-minirootfs-1-aarch64.tar.gz', 'a'.repeat(64))],
    ['a checksum that is none', listOf('1', 'alpine-minirootfs-1-aarch64.tar.gz', 'abc')],
    // Without a limit, these end the process.
    ['a list of lists', '- '.repeat(20_000)],
    ['a map of maps', ': '.repeat(20_000)],
    ['a list of brackets', `- ${'['.repeat(20_000)}`],
    ['a deep indentation', Array.from({ length: 500 }, (_, at) => `${' '.repeat(at)}a:\n`).join('')],
    ['a cut text', listOf('1', '"alpine', 'a'.repeat(64))],
  ])('is none if it is %s', (_what, text) => expect(listedArchive(text)).toBeUndefined())

  it('prints no warning about its text', () => {
    const warn = vi.spyOn(process, 'emitWarning')
    expect(listedArchive('%unknown\n---\n- flavor: !tag x\n  ? [a]\n  : b\n')).toBeUndefined()
    expect(warn).not.toHaveBeenCalled()
    warn.mockRestore()
  })

  it('keeps a checksum that consists of digits', () => {
    const sha256 = '1'.repeat(64)
    expect(listedArchive(listOf('1', 'alpine-minirootfs-1-aarch64.tar.gz', sha256))).toMatchObject({ sha256 })
  })
})
