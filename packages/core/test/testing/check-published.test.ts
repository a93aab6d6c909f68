import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushManifest, pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { tinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import type { BaseAnswer } from '../../src/definition/plugin/base-source.js'
import { defineDistribution } from '../../src/definition/plugin/distribution.js'
import type { DistributionTable } from '../../src/definition/plugin/distribution-table.js'
import { type AnyBase, definePlugin } from '../../src/definition/plugin/plugin.js'
import { createRegistry } from '../../src/registry/client.js'
import { startRegistry } from '../../src/registry-server/index.js'
import { checkPublished } from '../../src/testing/index.js'

const cleanup = new Cleanup()
let folder: string
let host: string
/** An archive with one suite, for two architectures. */
let mirror: string

const AMD64 = { os: 'linux', architecture: 'amd64' }
const ARM_V7 = { os: 'linux', architecture: 'arm', variant: 'v7' }
const RELEASE = `Suite: oak
Date: Sat, 10 Jan 2026 10:00:00 UTC
Architectures: amd64 armhf
Components: main
SHA256:
 ${'a'.repeat(64)} 1 main/binary-amd64/Packages
 ${'b'.repeat(64)} 1 main/binary-armhf/Packages
`

beforeAll(async () => {
  folder = cleanup.use(await tempFolder('published')).path
  const server = cleanup.use(await startRegistry({ directory: join(folder, 'registry') }))
  host = server.host
  const target = { ...server, repository: 'base' }
  const [wide, narrow, lying] = await Promise.all([
    tinyImage({ platform: AMD64 }),
    tinyImage({ platform: ARM_V7 }),
    tinyImage({ platform: ARM_V7, configPlatform: AMD64 }),
  ])
  await pushTinyImage(target, wide, 'amd64')
  await pushTinyImage(target, narrow)
  await pushTinyImage(target, lying, 'lying')
  await pushManifest(target, tinyIndex([wide, narrow]), 'both')

  const archive = createServer(({ url = '' }, response) => {
    if (url === '/dists/oak/InRelease') response.end(RELEASE)
    else response.writeHead(url.startsWith('/busy/') ? 503 : 404).end()
  }).listen(0, '127.0.0.1')
  cleanup.use({ [Symbol.asyncDispose]: () => new Promise((done) => archive.close(() => done())) })
  await new Promise((done) => archive.once('listening', done))
  mirror = `http://127.0.0.1:${(archive.address() as AddressInfo).port}`
})
afterAll(() => cleanup[Symbol.asyncDispose]())

/** What is found of a base that declares one platform, and answers one thing. */
async function find(platform: string, answer: BaseAnswer) {
  const one: AnyBase = { platforms: [platform], optionNames: [], source: () => answer }
  await using registry = createRegistry()
  const plugin = definePlugin({ name: 'test', bases: { one } })
  const [finding] = await checkPublished(plugin, { one: { accepted: [{}] } }, { registry })
  return finding
}

describe("a plugin's declaration of images", () => {
  const image = (tag: string, configPolicy: 'require-match' | 'trust-declared' | 'fix-config' = 'require-match') =>
    ({ kind: 'registry', reference: `${host}/base:${tag}`, configPolicy }) as const

  it('is right for an index with the platform, and for an image whose config states it', async () => {
    expect(await find('linux/arm/v7', image('both'))).toMatchObject({ state: 'true' })
    expect(await find('linux/amd64', image('amd64'))).toMatchObject({ state: 'true' })
  })

  it('is wrong for an index without the platform, for another config, and for a missing image', async () => {
    expect(await find('linux/arm64', image('both'))).toMatchObject({
      state: 'wrong',
      message: expect.stringContaining('has no linux/arm64; it has linux/amd64, linux/arm/v7'),
    })
    expect(await find('linux/arm/v6', image('both'))).toMatchObject({ state: 'wrong' })
    expect(await find('linux/arm/v7', image('lying'))).toMatchObject({
      state: 'wrong',
      message: expect.stringContaining('its config states linux/amd64'),
    })
    expect(await find('linux/amd64', image('none'))).toMatchObject({ state: 'wrong' })
  })

  it('is checked by its policy', async () => {
    expect(await find('linux/arm/v7', image('lying', 'trust-declared'))).toMatchObject({ state: 'true' })
    expect(await find('linux/arm/v7', image('lying', 'fix-config'))).toMatchObject({ state: 'true' })
    // An older variant of it serves; what it may run beside is another architecture all the same.
    expect(await find('linux/amd64/v3', image('both', 'trust-declared'))).toMatchObject({ state: 'true' })
    expect(await find('linux/arm64', image('both', 'trust-declared'))).toMatchObject({
      state: 'wrong',
      message: expect.stringContaining('has no linux/arm64; it has linux/amd64, linux/arm/v7'),
    })
  })

  it('is unknown if the registry does not respond', async () => {
    const answer = { kind: 'registry', reference: '127.0.0.1:9/base:1', configPolicy: 'require-match' } as const
    expect(await find('linux/amd64', answer)).toMatchObject({ state: 'unknown' })
  })
})

describe("a plugin's declaration of package archives", () => {
  const table = {
    title: 'Trees',
    image: 'registry.example.com/trees',
    configPolicy: 'require-match',
    defaultRelease: 'oak',
    flavors: {},
    releases: {
      oak: {
        aliases: [],
        tag: 'oak',
        suite: 'oak',
        platforms: { 'linux/amd64': 'amd64', 'linux/arm/v7': 'armhf', 'linux/arm/v5': 'armel' },
      },
      elm: { aliases: [], tag: 'elm', suite: 'elm', platforms: { 'linux/amd64': 'amd64' } },
    },
    archive: { distribution: 'trees', components: ['main'] },
  } as const satisfies DistributionTable

  it('is compared with the release file of each suite', async () => {
    const plugin = definePlugin({ name: 'polyarch-plugin-trees', bases: { trees: defineDistribution(table) } })
    const apt = { source: 'apt', mirror } as const
    const accepted = [apt, { ...apt, release: 'elm' }, { ...apt, mirror: `${mirror}/busy` }, { source: 'apt' }] as const
    await using registry = createRegistry()
    const findings = await checkPublished(plugin, { trees: { accepted } }, { registry })
    const reported = findings.map(({ platform, state, message = '' }) => `${platform} ${state} ${message}`.trim())
    const release = (suite: string) => `${mirror}/dists/${suite}/InRelease`
    expect(reported).toEqual([
      'linux/amd64 true',
      'linux/arm/v7 true',
      `linux/arm/v5 wrong ${release('oak')} has no armel of main; it has amd64 armhf, of main`,
      `linux/amd64 wrong ${release('elm')} does not exist`,
      ...['linux/amd64', 'linux/arm/v7', 'linux/arm/v5'].map((platform) =>
        expect.stringMatching(`^${platform} unknown .*answered 503`),
      ),
      ...['linux/amd64', 'linux/arm/v7', 'linux/arm/v5'].map((platform) =>
        expect.stringMatching(`^${platform} unknown .*no mirror is configured`),
      ),
    ])
  })
})

describe("a plugin's declaration of root file system archives", () => {
  it('is compared with their checksums', async () => {
    const location = join(folder, 'root.tar')
    await writeFile(location, 'content')
    const sha256 = createHash('sha256').update('content').digest('hex')
    const states = async (where: string, hash: string) =>
      (await find('linux/amd64', { kind: 'rootfs', location: where, sha256: hash }))?.state
    expect(await states(location, sha256)).toBe('true')
    expect(await states(location, '0'.repeat(64))).toBe('wrong')
    expect(await states(join(folder, 'none.tar'), sha256)).toBe('wrong')
    expect(await states(`${mirror}/root.tar`, sha256)).toBe('wrong')
    expect(await states('http://127.0.0.1:9/root.tar', sha256)).toBe('unknown')
  })
})

it('platforms that a base rejects are not reported', async () => {
  expect(await find('linux/amd64', { kind: 'issue', message: 'no' } as never)).toBeUndefined()
})
