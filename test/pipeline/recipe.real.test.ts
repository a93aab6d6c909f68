import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  execute,
  fromImage,
  type Pipeline,
  pipeline,
  plan,
  platform,
  type RunEvent,
} from '../../packages/core/src/index.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { runProgram } from '../support/child.js'
import { Cleanup } from '../support/cleanup.js'
import { startDebianRegistry } from '../support/debian-registry.js'
import { runImage } from '../support/run-image.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, ARM, pushBase, writeContext } from './project.js'

interface Place extends AsyncDisposable {
  readonly host: string
  readonly url: string
}

async function startEmbedded(): Promise<Place> {
  const folder = await tempFolder('embedded')
  const server = await startRegistry({ directory: folder.path })
  return {
    host: server.host,
    url: server.url,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** The recipe of 2018, part by part, on each kind of registry. */
describe.each([
  ['docker-registry', () => startDebianRegistry()],
  ['the embedded registry', startEmbedded],
])('the recipe on %s', (_name, start) => {
  const cleanup = new Cleanup()
  let directory = ''
  let place: Place
  let elsewhere: Place
  let app: Pipeline

  beforeAll(async () => {
    directory = cleanup.use(await tempFolder('recipe')).path
    place = cleanup.use(await start())
    elsewhere = cleanup.use(await startDebianRegistry())
    const amd64 = await pushBase({ ...place, repository: 'bases/wide' }, { platform: AMD64 })
    // As the published Raspbian images are: ARM files, and a config that says amd64.
    const arm = await pushBase(
      { ...elsewhere, repository: 'vendor/raspbian' },
      { platform: ARM, configPlatform: AMD64 },
    )
    const from = `${place.host}/team/from:2.1`
    app = pipeline(`${place.host}/team/app`)
      .sharedBase(from)
      .platforms(
        platform('amd64', { base: fromImage(amd64) }),
        platform('arm', {
          variant: 'v7',
          base: fromImage(arm, { configPolicy: 'trust-declared' }),
          osVersion: '12',
          build: { args: { JOBS: '1' } },
        }),
      )
      .build({ context: await writeContext(directory, `FROM ${from}`), args: { JOBS: '8' } })
      .platformNames('{repository}-{arch}:{tag}', '{repository}:{tag}-{arch}{variant}')
      .tags('1.0', 'latest')
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  it('plans all of it, and writes nothing', async () => {
    const { nodes, tags, errors } = await plan(app)
    expect(errors).toEqual([])
    expect(nodes.map(({ node, action, execution }) => [node, action, execution])).toEqual([
      ['app base(linux/amd64)', 'mount', undefined],
      ['app base(linux/arm/v7)', 'copy', undefined],
      ['app base index', 'create', undefined],
      ['app image(linux/amd64)', 'create', 'native'],
      ['app image(linux/arm/v7)', 'create', 'emulated'],
      ['app index', 'known-after', undefined],
    ])
    expect(tags.every(({ from }) => from === undefined)).toBe(true)
    await expect(inspect(`${place.host}/team/from:2.1`)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('builds and publishes: mounted and copied bases, one Dockerfile, an index under several tags', async () => {
    const report = await execute(app)
    expect(report.outcome).toBe('succeeded')
    expect(report.notes).toContainEqual(
      expect.stringContaining('its config states linux/amd64; the declared platform is used'),
    )
    const { manifest, images, mediaType, digest } = await inspect(`${place.host}/team/app:1.0`)
    expect(mediaType).toBe('application/vnd.oci.image.index.v1+json')
    expect(images).toMatchObject([
      { declared: AMD64, config: AMD64 },
      { declared: { ...ARM, 'os.version': '12' }, config: ARM, base: { name: `${elsewhere.host}/vendor/raspbian:1` } },
    ])
    expect(manifest).toHaveProperty('manifests.1.platform', {
      architecture: 'arm',
      os: 'linux',
      'os.version': '12',
      variant: 'v7',
    })
    expect((await inspect(`${place.host}/team/app:latest`)).digest).toBe(digest)
    const { images: bases } = await inspect(`${place.host}/team/from:2.1`)
    expect(bases).toMatchObject([
      { declared: AMD64, config: AMD64 },
      { declared: ARM, config: AMD64 },
    ])
  })

  it('publishes each platform by names of its own, too', async () => {
    const { images } = await inspect(`${place.host}/team/app:1.0`)
    const digests = await Promise.all(
      ['team/app-amd64:1.0', 'team/app-arm:1.0', 'team/app:latest-amd64', 'team/app:latest-armv7'].map(
        async (name) => (await inspect(`${place.host}/${name}`)).digest,
      ),
    )
    const [amd64, arm] = images.map((image) => image.digest)
    expect(digests).toEqual([amd64, arm, amd64, arm])
  })

  it.each([
    ['amd64', AMD64, 'hello world, tiny linux/amd64 for linux/amd64 with 8 jobs, as nobody'],
    ['arm/v7', ARM, 'hello world, tiny linux/arm/v7 for linux/arm/v7 with 1 jobs, as nobody'],
  ])('runs on %s by the one tag', async (_platform, target, said) => {
    const result = await runImage({ reference: `${place.host}/team/app:1.0`, platform: target })
    expect(result).toEqual({ exitCode: 0, output: said })
  })

  it('gives skopeo the image of each platform', async () => {
    for (const { architecture, variant } of [AMD64, ARM]) {
      const { stdout } = await runProgram('skopeo', [
        ...['inspect', '--tls-verify=false', '--config', '--override-arch', architecture],
        ...(variant === undefined ? [] : ['--override-variant', variant]),
        `docker://${place.host}/team/app:1.0`,
      ])
      expect(JSON.parse(stdout)).toMatchObject({ architecture, os: 'linux', ...(variant && { variant }) })
    }
  })

  it('finds everything there the second time, with no engine at all', async () => {
    const events: RunEvent[] = []
    const report = await execute(app, {
      engine: { host: 'unix:///nowhere/docker.sock' },
      onEvent: (event) => events.push(event),
    })
    expect(report.nodes.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 6 }, () => 'reused'))
    expect(report.tags.every(({ from, to }) => from === to)).toBe(true)
    expect(events.some(({ kind }) => kind === 'tag-moved' || kind === 'node-started')).toBe(false)
  })

  it('builds one platform again if only that one changed', async () => {
    const { declaration } = app
    const [first, second] = declaration.platforms
    if (first === undefined || second === undefined) throw new Error('the pipeline has two platforms')
    const changed = pipeline(declaration.repository)
      .sharedBase(declaration.sharedBase ?? '')
      .platforms(
        first as never,
        platform('arm', { ...(second.settings as object), build: { args: { JOBS: '2' } } } as never),
      )
      .build(declaration.build)
      .tags('1.1')
    const report = await execute(changed)
    expect(report.nodes.filter(({ outcome }) => outcome === 'made').map(({ node }) => node)).toEqual([
      'app image(linux/arm/v7)',
      'app index',
    ])
  })

  it('builds with the base as a build arg, and a changed file, into Docker media types on request', async () => {
    const context = join(directory, 'by-arg')
    await mkdir(context)
    await writeContext(context, 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}', { 'say.d/extra': 'x' })
    const docker = app.build({ context }).format('docker').tags('docker')
    await execute(docker)
    const { mediaType, images } = await inspect(`${place.host}/team/app:docker`)
    expect(mediaType).toBe('application/vnd.docker.distribution.manifest.list.v2+json')
    expect(images.map((image) => image.mediaType)).toEqual(
      Array.from({ length: 2 }, () => 'application/vnd.docker.distribution.manifest.v2+json'),
    )
    expect(await readFile(join(context, 'Dockerfile'), 'utf8')).toContain('FROM ${BASE_IMAGE}')
    // An old client's own types: nothing has to be converted for it, and no digest changes.
    const copying = ['copy', '--all', '--quiet', '--preserve-digests', '--format', 'v2s2', '--src-tls-verify=false']
    await runProgram('skopeo', [...copying, `docker://${place.host}/team/app:docker`, `dir:${join(directory, 'v2s2')}`])
    const reference = `${place.host}/team/app:docker`
    expect(await runImage({ reference, platform: ARM })).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('tiny linux/arm/v7 for linux/arm/v7'),
    })
  })

  it('moves no name if one platform fails', async () => {
    const before = (await inspect(`${place.host}/team/app:1.0`)).digest
    const context = await writeContext(join(directory, 'failing'), 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}')
    await writeFile(
      join(context, 'Dockerfile'),
      'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nARG TARGETARCH\nRUN echo about to fail; test "$TARGETARCH" = amd64\n',
    )
    const error = await execute(app.build({ context })).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'BUILD_FAILED' })
    expect(String(error)).toContain('about to fail')
    expect((await inspect(`${place.host}/team/app:1.0`)).digest).toBe(before)
  })

  it('refuses to lose a platform that a name has, unless it is allowed', async () => {
    const { declaration } = app
    const alone = pipeline(declaration.repository)
      .platforms(declaration.platforms[0] as never)
      .build({ ...declaration.build, context: join(directory, 'by-arg') })
      .tags('latest')
    await expect(execute(alone)).rejects.toMatchObject({ code: 'PLATFORM_MISSING' })
    expect((await inspect(`${place.host}/team/app:latest`)).images).toHaveLength(2)
    await execute(alone, { allowRemoval: true })
    expect((await inspect(`${place.host}/team/app:latest`)).images).toHaveLength(1)
  })
})
