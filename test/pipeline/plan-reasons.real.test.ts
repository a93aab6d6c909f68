import { cp, mkdir, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type ExecuteOptions,
  execute,
  fromImage,
  type NodePlan,
  type Pipeline,
  type PlanReason,
  pipeline,
  plan,
  platform,
} from '../../packages/core/src/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { Cleanup } from '../support/cleanup.js'
import { pushTinyImage } from '../support/push-tiny.js'
import { tempFolder } from '../support/temp-folder.js'
import { tinyImage } from '../support/tiny-image.js'
import { AMD64, ARM, pushBase } from './project.js'

const DOCKERFILE = `ARG BASE_IMAGE
FROM \${BASE_IMAGE}
ARG WHO MORE
COPY --from=HELPER /etc/os-release /helper
COPY . /app
`

/** No engine listens there. */
const NO_ENGINE: ExecuteOptions = { engine: { host: 'unix:///nowhere/docker.sock' } }

interface Changes {
  readonly args?: Record<string, string>
  readonly labels?: Record<string, string>
  readonly context?: string
  readonly platforms?: readonly ('amd64' | 'arm' | '386')[]
  readonly target?: string
}

describe('why a plan makes something', () => {
  const cleanup = new Cleanup()
  const seen: string[] = []
  let directory: string
  let registry: { readonly host: string; readonly url: string }
  let bases: Readonly<Record<string, string>>

  beforeAll(async () => {
    directory = cleanup.use(await tempFolder('reasons')).path
    registry = cleanup.use(
      await startRegistry({
        directory: join(directory, 'registry'),
        onRequest: ({ method, path }) => seen.push(`${method} ${path}`),
      }),
    )
    const wide = await pushBase({ ...registry, repository: 'wide' }, { platform: AMD64 })
    const narrow = await pushBase({ ...registry, repository: 'narrow' }, { platform: ARM })
    const old = await tinyImage({ platform: { os: 'linux', architecture: '386' } })
    await pushTinyImage({ ...registry, repository: 'old' }, old, '1')
    bases = { amd64: wide, arm: narrow, 386: `${registry.host}/old:1` }
    await pushBase({ ...registry, repository: 'helper' }, { platform: AMD64 })
    await writeFiles({ Dockerfile: dockerfile(), 'src/main.c': 'int main;', 'src/util.c': 'int util;' })
    await execute(app())
  })
  beforeEach(() => void seen.splice(0))
  afterAll(() => cleanup[Symbol.asyncDispose]())

  function dockerfile(): string {
    return DOCKERFILE.replace('HELPER', `${registry.host}/helper:1`)
  }

  async function writeFiles(files: Readonly<Record<string, string>>, to = 'app'): Promise<string> {
    await mkdir(join(directory, to, 'src'), { recursive: true })
    for (const [path, content] of Object.entries(files)) await writeFile(join(directory, to, path), content)
    return join(directory, to)
  }

  /** A copy of the context in which some files are others. */
  async function contextWith(files: Readonly<Record<string, string>>): Promise<string> {
    await rm(join(directory, 'other'), { recursive: true, force: true })
    await cp(join(directory, 'app'), join(directory, 'other'), { recursive: true })
    return writeFiles(files, 'other')
  }

  function app({ args, labels, context = join(directory, 'app'), platforms = ['amd64', 'arm'], target }: Changes = {}) {
    return pipeline(`${registry.host}/team/app`)
      .platforms(...platforms.map((one) => platform(one, { base: fromImage(bases[one] ?? '') })))
      .build({ context, network: 'none', args: { WHO: 'you', ...args }, labels: { stage: 'one', ...labels } })
      .build(target === undefined ? {} : { target })
      .tags('1.0', 'latest')
  }

  async function nodesOf(pipelines: readonly Pipeline[], options?: ExecuteOptions): Promise<readonly NodePlan[]> {
    return (await plan(...pipelines, { ...options })).nodes
  }

  async function whyImage(changed: Pipeline, node = 'app image(linux/amd64)'): Promise<readonly PlanReason[]> {
    seen.length = 0
    const nodes = await nodesOf([changed])
    expect(seen.filter((request) => !/^(GET|HEAD) /.test(request))).toEqual([])
    return nodes.find((one) => one.node === node)?.why ?? []
  }

  it('needs no engine and few reads if nothing has changed', async () => {
    const report = await execute(app(), NO_ENGINE)
    expect(new Set(report.nodes.map(({ outcome }) => outcome))).toEqual(new Set(['reused']))
    // What is pulled from outside is read too: it is not locked.
    expect(seen.filter((request) => request.includes('/team/app/manifests/1.0'))).toHaveLength(1)
    // One GET per image: an entry of an index does not prove that the image is still there.
    const images = seen.filter((request) => /team\/app\/manifests\/polyarch-/.test(request))
    expect(images.map((request) => request.split(' ')[0])).toEqual(['GET', 'GET'])
    expect(seen.filter((request) => request.endsWith('/helper/manifests/1'))).toHaveLength(1)
  })

  it('reports the same on another machine: another place, other times, another umask', async () => {
    const there = await contextWith({})
    await utimes(join(there, 'src/main.c'), 1, 1)
    await utimes(join(there, 'Dockerfile'), 2, 2)
    const [here, elsewhere] = [await plan(app(), NO_ENGINE), await plan(app({ context: there }), NO_ENGINE)]
    expect(elsewhere).toEqual(here)
    expect(new Set(here.nodes.map(({ action }) => action))).toEqual(new Set(['reuse']))
  })

  it('names the first files of the context that differ', async () => {
    const context = await contextWith({ 'src/main.c': 'int other;', 'src/new.c': '' })
    await rm(join(context, 'src/util.c'))
    const nodes = await nodesOf([app({ context })])
    expect(nodes.map(({ action }) => action)).toEqual([
      ...['reuse', 'reuse', 'reuse', 'rebuild', 'rebuild', 'known-after'],
    ])
    expect(nodes[3]).toMatchObject({
      why: [
        {
          kind: 'context-changed',
          paths: [
            { path: 'src/main.c', change: 'changed' },
            { path: 'src/new.c', change: 'added' },
          ],
          changed: 2,
          removed: 1,
        },
      ],
      reason: 'context changed: src/main.c, src/new.c (new), 1 removed',
    })
  })

  it('names the line of the Dockerfile', async () => {
    const context = await contextWith({ Dockerfile: dockerfile().replace('COPY . /app', 'COPY . /application') })
    expect(await whyImage(app({ context }))).toEqual([{ kind: 'dockerfile-changed', line: 5 }])
  })

  it('names args, labels and settings', async () => {
    const changed = app({ args: { WHO: 'me', MORE: '1' }, labels: { stage: 'two' }, target: '0' })
    expect(await whyImage(changed)).toEqual([
      { kind: 'arg-changed', name: 'MORE', change: 'added' },
      { kind: 'arg-changed', name: 'WHO', change: 'changed' },
      { kind: 'label-changed', name: 'stage', change: 'changed' },
      { kind: 'setting-changed', name: 'target' },
    ])
  })

  it('takes the time that images are dated with for an arg if the Dockerfile reads it, and nowhere else', async () => {
    const context = await contextWith({ Dockerfile: `${dockerfile()}ARG SOURCE_DATE_EPOCH\n` })
    vi.stubEnv('SOURCE_DATE_EPOCH', '1700000000')
    try {
      expect(await whyImage(app())).toMatchObject([{ kind: 'present' }])
      expect(await whyImage(app({ context }))).toEqual([
        { kind: 'dockerfile-changed', line: 6 },
        { kind: 'arg-changed', name: 'SOURCE_DATE_EPOCH', change: 'added' },
      ])
    } finally {
      vi.unstubAllEnvs()
    }
  })

  it('reports that a platform is new, and leaves the others alone', async () => {
    const nodes = await nodesOf([app({ platforms: ['amd64', 'arm', '386'] })])
    const images = nodes.filter(({ kind }) => kind === 'image')
    expect(images.map(({ action, why }) => [action, why[0]?.kind])).toEqual([
      ['reuse', 'present'],
      ['reuse', 'present'],
      ['create', 'new-platform'],
    ])
  })

  it('reports from what to what a base has moved, and rebuilds that platform alone', async () => {
    const [before] = (await nodesOf([app()])).map(({ digest }) => digest)
    await pushBase({ ...registry, repository: 'wide' }, { platform: AMD64, files: { newer: 'yes' } })
    const nodes = await nodesOf([app()])
    const to = nodes[0]?.digest
    const moved = [{ kind: 'base-moved', from: before, to }]
    expect(nodes.map(({ action }) => action)).toEqual([
      ...['mount', 'reuse', 'create', 'rebuild', 'reuse', 'known-after'],
    ])
    expect([nodes[0]?.why, nodes[3]?.why]).toEqual([moved, moved])
    const report = await execute(app())
    const made = report.nodes.filter(({ outcome }) => outcome === 'made').map(({ node }) => node)
    expect(made).toEqual(['app base(linux/amd64)', 'app base index', 'app image(linux/amd64)', 'app index'])
  })

  it('reports that another image which the Dockerfile names has moved', async () => {
    await pushBase({ ...registry, repository: 'helper' }, { platform: AMD64, files: { newer: 'yes' } })
    const name = `${registry.host}/helper:1`
    expect(await whyImage(app())).toMatchObject([{ kind: 'image-moved', name, change: 'changed' }])
  })

  it('builds what is reuse is disabled, and nothing else', async () => {
    const forced = [{ kind: 'forced' }]
    const all = await nodesOf([app()], { reuse: false })
    expect(all.filter(({ kind }) => kind === 'image').map(({ why }) => why)).toEqual([forced, forced])
    await execute(app())
    const options = { rebuild: ['arm/v7'] }
    const some = await nodesOf([app()], options)
    expect(some.filter(({ kind }) => kind === 'image').map(({ action }) => action)).toEqual(['reuse', 'rebuild'])
    const report = await execute(app(), options)
    expect(report.nodes.filter(({ outcome }) => outcome === 'made').map(({ node }) => node)).toContain(
      'app image(linux/arm/v7)',
    )
    await expect(plan(app(), { rebuild: ['ap'] })).rejects.toMatchObject({ code: 'USAGE', hint: "did you mean 'app'?" })
  })

  it('marks content from elsewhere, and treats it as configured', async () => {
    const source = `${registry.url}/v2/`
    const context = await contextWith({ Dockerfile: `${dockerfile()}ADD ${source} /added\n` })
    const marked = await plan(app({ context }))
    expect(marked.nodes[3]).toMatchObject({ unpinned: [source], why: [{ kind: 'dockerfile-changed', line: 6 }] })
    expect(marked.notes).toContainEqual(expect.stringContaining(`Dockerfile:6: the content of ${source}`))
    const again = await plan(app({ context }).build({ unpinned: 'rebuild' }))
    expect(again.nodes[3]?.why).toEqual([{ kind: 'unpinned', sources: [source] }])
    await expect(plan(app({ context }).build({ unpinned: 'refuse' }))).rejects.toMatchObject({
      message: expect.stringContaining('is not pinned'),
    })
  })
})
