import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { execute, type Report, type RunEvent } from '../../packages/core/src/index.js'
import { MEDIA_TYPES } from '../../packages/core/src/model/oci.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { type FaultProxy, type SeenRequest, startFaultProxy } from '../../packages/core/test/registry/fault-proxy.js'
import { startCommand } from '../cli/running-command.js'
import { Cleanup } from '../support/cleanup.js'
import { type DebianRegistry, startDebianRegistry } from '../support/debian-registry.js'
import { tempFolder } from '../support/temp-folder.js'
import { type KillableOptions, killableApp } from './build-until-killed.js'
import { AMD64, ARM, pushBase, writeContext } from './project.js'
import { keyTagsOf, missingBelow, tagsOf } from './published.js'

const SCRIPT = fileURLToPath(new URL('./build-until-killed.ts', import.meta.url))

/** The write that the process is killed at, which never reaches the registry; and what is to be found afterwards. */
interface Moment {
  readonly what: string
  readonly at: (request: SeenRequest) => boolean
  /** Names that users see after the kill. */
  readonly names: readonly string[]
  /** How many nodes of which kinds the next run finds done, at least. */
  readonly reused: Readonly<Record<string, number>>
  /** How many images are finished, at least; the next run builds none of those. */
  readonly pushed: number
}

const isManifest = ({ method, path, headers }: SeenRequest, name: RegExp, mediaType?: string) =>
  method === 'PUT' &&
  name.test(path) &&
  path.includes('/manifests/') &&
  (mediaType === undefined || headers['content-type'] === mediaType)

const BASES = { base: 2, 'base-index': 1 }
const IMAGES = { ...BASES, image: 2 }
const MOMENTS: readonly Moment[] = [
  {
    what: 'a blob of a base is uploaded',
    at: ({ method, path }) => method === 'PATCH' && path.includes('-from/blobs/'),
    names: [],
    reused: {},
    pushed: 0,
  },
  {
    what: 'the manifest of a base is written',
    at: (request) => isManifest(request, /-from\//, MEDIA_TYPES.ociManifest),
    names: [],
    reused: {},
    pushed: 0,
  },
  {
    what: 'the shared base is written',
    at: (request) => isManifest(request, /-from\/manifests\/sha256:/, MEDIA_TYPES.ociIndex),
    names: [],
    reused: { base: 2 },
    pushed: 0,
  },
  {
    what: 'an image that the engine has pushed is finished',
    at: (request) => isManifest(request, /\/polyarch-[0-9a-f]{64}$/, MEDIA_TYPES.ociManifest),
    names: [],
    reused: BASES,
    // What it was built from is recorded when it is finished: the next run builds it again, from the cache of the engine.
    pushed: 0,
  },
  {
    what: 'the index is written',
    at: (request) => isManifest(request, /app\/manifests\/sha256:/, MEDIA_TYPES.ociIndex),
    names: [],
    reused: IMAGES,
    pushed: 2,
  },
  {
    what: 'the first name moves',
    at: (request) => isManifest(request, /-from\/manifests\/2\.1$/),
    names: [],
    reused: { ...IMAGES, index: 1 },
    pushed: 2,
  },
  {
    what: 'the last name moves',
    at: (request) => isManifest(request, /app\/manifests\/latest$/),
    names: ['app-from:2.1', 'app:1.0'],
    reused: { ...IMAGES, index: 1 },
    pushed: 2,
  },
]

describe('a run that is killed in the moment in which', () => {
  const cleanup = new Cleanup()
  let registry: DebianRegistry
  let elsewhere: DebianRegistry
  let proxy: FaultProxy
  let context: string

  beforeAll(async () => {
    registry = cleanup.use(await startDebianRegistry())
    elsewhere = cleanup.use(await startDebianRegistry())
    proxy = cleanup.use(await startFaultProxy(registry.host))
    context = cleanup.use(await tempFolder('killed')).path
    await writeContext(context, 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}')
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  /** Bases that no registry and no engine has had before. */
  async function freshOptions(): Promise<KillableOptions & { readonly folder: string }> {
    const folder = randomUUID()
    const files = { unheard: folder }
    const push = (platform: typeof AMD64) =>
      pushBase({ ...elsewhere, repository: `${folder}/${platform.architecture}` }, { platform, files })
    return { folder, context, repository: `${proxy.host}/${folder}/app`, bases: [await push(AMD64), await push(ARM)] }
  }

  async function runUntil(at: Moment['at'], options: KillableOptions): Promise<void> {
    await using child = startCommand(
      [process.execPath, '--import', 'tsx', SCRIPT, JSON.stringify(options)],
      process.cwd(),
      { ...process.env },
    )
    const killed = new Promise<void>((resolve) => {
      proxy.plan((request) => {
        if (!at(request)) return undefined
        void child[Symbol.asyncDispose]()
        resolve()
        return { kind: 'lose-request' }
      })
    })
    const early = child.ended.then(({ stderr }) => {
      throw new Error(`it ended by itself:\n${stderr}`)
    })
    early.catch(() => {})
    await Promise.race([killed, early])
    await child.ended
    proxy.plan(() => undefined)
  }

  /** Visible names in a folder of the registry. */
  async function visibleNames(folder: string): Promise<readonly string[]> {
    const repositories = ['app-from', 'app']
    const names = repositories.map(async (name) =>
      (await tagsOf(registry.url, `${folder}/${name}`)).map((tag) => `${name}:${tag}`),
    )
    return (await Promise.all(names)).flat().filter((name) => !name.includes(':polyarch-'))
  }

  async function missing(folder: string): Promise<readonly string[]> {
    const below = ['app-from', 'app'].map((name) => missingBelow(registry.url, `${folder}/${name}`))
    return (await Promise.all(below)).flat()
  }

  it.each(MOMENTS.map((moment) => [moment.what, moment] as const))(
    '%s leaves no name on anything incomplete, and the next run does the rest',
    async (_what, moment) => {
      const options = await freshOptions()
      const { folder } = options
      await runUntil(moment.at, options)
      expect(await visibleNames(folder)).toEqual(moment.names)
      expect(await missing(folder)).toEqual([])
      expect((await keyTagsOf(registry.url, `${folder}/app`)).length).toBeGreaterThanOrEqual(moment.pushed)
      const uploadedBefore = uploadedTo(proxy.seen, `${folder}/app-from`)
      const seenBefore = proxy.seen.length

      const events: RunEvent[] = []
      const report = await execute(killableApp(options), { onEvent: (event) => events.push(event) })
      expect(report.outcome).toBe('succeeded')
      expect(imagesBuilt(events).length).toBeLessThanOrEqual(2 - moment.pushed)
      for (const [kind, count] of Object.entries(moment.reused)) {
        expect(`${countReused(report, kind)} of ${kind}`).toBe(`${count} of ${kind}`)
      }
      const uploadedAgain = uploadedTo(proxy.seen.slice(seenBefore), `${folder}/app-from`)
      expect(uploadedAgain.filter((digest) => uploadedBefore.includes(digest))).toEqual([])
      expect(await visibleNames(folder)).toEqual(['app-from:2.1', 'app:1.0', 'app:latest'])
      expect(report.tags.map(({ from, to }) => from === to)).toEqual([
        moment.names.includes('app-from:2.1'),
        moment.names.includes('app:1.0'),
        moment.names.includes('app:latest'),
      ])
      expect(await missing(folder)).toEqual([])
      expect((await inspect(`${options.repository}:latest`)).images).toMatchObject([
        { declared: AMD64, config: AMD64 },
        { declared: ARM, config: ARM },
      ])
    },
  )
})

/** Nodes whose build the engine reported. */
function imagesBuilt(events: readonly RunEvent[]): readonly string[] {
  const reported = events.flatMap((event) =>
    event.kind === 'work' && event.event.kind === 'build-step' ? [event.node] : [],
  )
  return [...new Set(reported)]
}

function countReused({ nodes }: Report, kind: string): number {
  return nodes.filter((node) => node.kind === kind && node.outcome === 'reused').length
}

/** Digests of blobs whose upload to a repository was asked to be completed. */
function uploadedTo(seen: readonly SeenRequest[], repository: string): readonly string[] {
  return seen.flatMap(({ method, path }) => {
    const url = new URL(path, 'http://registry.example.com')
    const digest = url.searchParams.get('digest')
    return method === 'PUT' && url.pathname.startsWith(`/v2/${repository}/blobs/`) && digest ? [digest] : []
  })
}
