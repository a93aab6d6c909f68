import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushManifest, pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { tinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import type { Report } from '../../src/index.js'
import type { StoredManifest } from '../../src/model/oci.js'
import { type BuildMetadata, inspect, promote } from '../../src/operations/images/index.js'
import { type RegistryServer, startRegistry } from '../../src/registry-server/index.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const ARM = { os: 'linux', architecture: 'arm', variant: 'v7' }

describe('promote', () => {
  const cleanup = new Cleanup()
  let server: RegistryServer
  let both: StoredManifest
  let one: StoredManifest

  beforeAll(async () => {
    const { path } = cleanup.use(await tempFolder('promote'))
    server = cleanup.use(await startRegistry({ directory: join(path, 'registry') }))
    const images = [await tinyImage({ platform: AMD64 }), await tinyImage({ platform: ARM })]
    for (const image of images) await pushTinyImage(target(), image)
    both = tinyIndex(images)
    one = tinyIndex(images.slice(0, 1))
  })
  beforeEach(async () => {
    await pushManifest(target(), both, 'rc')
    await pushManifest(target(), one, 'old')
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  const target = () => ({ url: server.url, repository: 'app' })
  const name = (tag: string, repository = 'app') => `${server.host}/${repository}:${tag}`
  const digestOf = async (tag: string, repository?: string) => (await inspect(name(tag, repository))).digest

  it('puts all platforms under tags, with the digest that they have', async () => {
    const changes = await promote(name('rc'), ['1.0', 'old'])
    const { digest } = both.descriptor
    expect(changes).toEqual([
      { reference: name('1.0'), to: digest },
      { reference: name('old'), from: one.descriptor.digest, to: digest },
    ])
    expect([await digestOf('1.0'), await digestOf('old')]).toEqual([digest, digest])
  })

  it('puts them into another repository, with all that they are made of', async () => {
    await promote(name('rc'), [name('1.0', 'released')])
    expect((await inspect(name('1.0', 'released'))).images).toHaveLength(2)
    expect(await digestOf('1.0', 'released')).toBe(both.descriptor.digest)
  })

  it('does not let a name lose a platform, unless it is allowed', async () => {
    await expect(promote(name('old'), ['rc'])).rejects.toMatchObject({
      code: 'PLATFORM_MISSING',
      message: expect.stringContaining('would lose linux/arm/v7'),
    })
    expect(await digestOf('rc')).toBe(both.descriptor.digest)
    await promote(name('old'), ['rc'], { allowRemoval: true })
    expect(await digestOf('rc')).toBe(one.descriptor.digest)
  })

  const descriptor = () => both.descriptor
  const metadata = (): BuildMetadata => ({
    app: {
      repository: `${server.host}/app`,
      'image.name': `${name('old')},${name('2.0')}`,
      'containerimage.digest': descriptor().digest,
      'containerimage.descriptor': descriptor(),
      platforms: {},
    },
  })
  const report = (): Report => ({
    version: 1,
    outcome: 'succeeded',
    nodes: [
      {
        ...{ node: 'app index', pipeline: 'app', kind: 'index', outcome: 'made' },
        ...{ reference: `${server.host}/app@${descriptor().digest}`, digest: descriptor().digest },
      },
    ],
    tags: [
      { reference: name('old'), to: descriptor().digest },
      { reference: name('2.0'), to: descriptor().digest },
    ],
    notes: [],
  })

  it.each([
    ['metadata', metadata],
    ['report', report],
  ] as const)('moves every name in the %s of a run back, or puts other tags on its index', async (_what, record) => {
    expect(await promote(record(), [])).toMatchObject([
      { reference: name('old'), from: one.descriptor.digest, to: descriptor().digest },
      { reference: name('2.0'), to: descriptor().digest },
    ])
    await promote(record(), ['stable'])
    expect([await digestOf('old'), await digestOf('stable')]).toEqual([descriptor().digest, descriptor().digest])
  })

  it('chooses pipelines of a record, and rejects one name for two of them before any write', async () => {
    const slim = { ...metadata()['app'], 'containerimage.digest': one.descriptor.digest, 'image.name': name('slim') }
    const both = { ...metadata(), slim: slim as BuildMetadata[string] }
    await expect(promote(both, ['first', 'second'])).rejects.toMatchObject({
      code: 'USAGE',
      issues: [
        {
          message: `'${name('first')}' would name two images: of app and of slim`,
          hint: "choose one of them: `pipelines: ['app']` in code, `--pipeline app` on the command line",
        },
      ],
    })
    await expect(inspect(name('first'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await promote(both, ['first'], { pipelines: ['slim'] })
    expect(await digestOf('first')).toBe(one.descriptor.digest)
    expect(await promote(both, [], { pipelines: ['slim'] })).toMatchObject([{ reference: name('slim') }])
    await expect(promote(both, ['first'], { pipelines: ['slmi'] })).rejects.toMatchObject({
      issues: [{ message: "pipeline 'slmi' is not in the file", hint: "did you mean 'slim'?" }],
    })
    await expect(promote(name('rc'), ['first'], { pipelines: ['app'] })).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('chooses pipelines of a report, by the digests of its names', async () => {
    const other = { ...report().nodes[0], node: 'slim index', pipeline: 'slim', digest: one.descriptor.digest }
    const reference = `${server.host}/app@${one.descriptor.digest}`
    const nodes = [...report().nodes, { ...other, reference }] as Report['nodes']
    const tags = [...report().tags, { reference: name('slim'), to: one.descriptor.digest }]
    const record: Report = { ...report(), nodes, tags }
    expect(await promote(record, [], { pipelines: ['slim'] })).toMatchObject([{ reference: name('slim') }])
    await expect(promote(record, ['3'])).rejects.toMatchObject({ code: 'USAGE' })
  })

  it.each([
    ['null', { app: null }],
    ['a repository that is a number', { app: { repository: 1, platforms: {} } }],
    ['a name that is a number', { app: { repository: 'r.example.com/a', platforms: {}, 'image.name': 1 } }],
    ['a report with a tag that is a number', { version: 1, outcome: 'succeeded', nodes: [], tags: [1], notes: [] }],
  ])('rejects a record with %s', async (_what, record) => {
    const error = { code: 'USAGE', message: expect.stringContaining('neither a report nor a metadata file') }
    await expect(promote(record as never, [])).rejects.toMatchObject(error)
  })

  it.each([
    ['no tag', () => promote(name('rc'), []), { code: 'USAGE' }],
    ['a record of nothing', () => promote({}, []), { code: 'USAGE' }],
    ['what is not there', () => promote(name('gone'), ['1.0']), { code: 'NOT_FOUND' }],
    ['no host', () => promote('app:rc', ['1.0']), { code: 'USAGE' }],
    [
      'one name for two images',
      () => promote({ ...metadata(), other: metadata()['app'] as BuildMetadata[string] }, [name('1')]),
      { code: 'USAGE' },
    ],
  ])('rejects %s', async (_what, act, error) => {
    await expect(act()).rejects.toMatchObject(error)
  })
})
