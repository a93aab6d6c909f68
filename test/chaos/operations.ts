import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execute, fromImage, pipeline, plan, platform, prune } from '../../packages/core/src/index.js'
import {
  type Annotations,
  type Descriptor,
  encodeManifest,
  isIndex,
  MEDIA_TYPES,
  type StoredManifest,
} from '../../packages/core/src/model/oci.js'
import { assemble, copy, promote } from '../../packages/core/src/operations/images/index.js'
import { encodeSources, SOURCES_ANNOTATION } from '../../packages/core/src/steps/image/sources/source-record.js'
import { KEY_ANNOTATION } from '../../packages/core/src/steps/key.js'
import { type PushTarget, pushManifest, pushTinyImage } from '../support/push-tiny.js'
import { type TinyImage, tinyImage, tinyIndex } from '../support/tiny-image.js'
import type { RegistryState } from './checker.js'
import type { Acting, Operation, Seeding } from './operation.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const ARM = { os: 'linux', architecture: 'arm', variant: 'v7' }
const PLATFORMS = [AMD64, ARM] as const

const images = (name: string) => Promise.all(PLATFORMS.map((platform) => tinyImage({ platform, files: { name } })))
const target = ({ url, login }: Seeding, repository: string): PushTarget => ({ url, login, repository })

/** Pushes an index with its images under tags. */
async function pushIndex(to: PushTarget, name: string, ...tags: readonly string[]): Promise<readonly TinyImage[]> {
  const children = await images(name)
  for (const image of children) await pushTinyImage(to, image)
  for (const tag of tags) await pushManifest(to, tinyIndex(children), tag)
  return children
}

/** Digests that an index under a name lists. */
function listed({ tags }: RegistryState, name: string): readonly string[] {
  const content = tags.get(name)?.bytes.toString() ?? '{}'
  const { manifests = [] } = JSON.parse(content) as { readonly manifests?: readonly { readonly digest: string }[] }
  return manifests.map(({ digest }) => digest).toSorted()
}

const digestsOf = async (name: string) =>
  (await images(name)).map(({ manifest }) => manifest.descriptor.digest as string).toSorted()

/** Names that do not list the new images. */
async function notNew(state: RegistryState, ...names: readonly string[]): Promise<readonly string[]> {
  const expected = (await digestsOf('new')).join()
  return names.filter((name) => listed(state, name).join() !== expected).map((name) => `${name} lists other images`)
}

const assembling: Operation = {
  name: 'assemble',
  repositories: ['asm/app', 'asm/parts'],
  requests: 28,
  async seed(at) {
    await pushIndex(target(at, 'asm/app'), 'old', '1.0')
    const [amd64, arm] = await images('new')
    if (amd64) await pushTinyImage(target(at, 'asm/parts'), amd64, 'amd64')
    if (arm) await pushTinyImage(target(at, 'asm/parts'), arm, 'arm')
  },
  async act({ host, client }, said) {
    const sources = ['amd64', 'arm'].map((tag) => `${host}/asm/parts:${tag}`)
    const { digest } = await assemble(`${host}/asm/app:1.0`, sources, { registryClient: client })
    said.add(`${host}/asm/app:1.0`, digest)
  },
  check: (_before, after) => notNew(after, 'asm/app:1.0'),
}

const copying: Operation = {
  name: 'copy',
  repositories: ['cpy/to', 'cpy/from'],
  requests: 32,
  async seed(at) {
    await pushIndex(target(at, 'cpy/to'), 'old', '1.0')
    await pushIndex(target(at, 'cpy/from'), 'new', '1.0')
  },
  async act({ host, client }, said) {
    const { digest } = await copy(`${host}/cpy/from:1.0`, `${host}/cpy/to:1.0`, { registryClient: client })
    said.add(`${host}/cpy/to:1.0`, digest)
  },
  check: (_before, after) => notNew(after, 'cpy/to:1.0'),
}

const promoting: Operation = {
  name: 'promote',
  repositories: ['pro/app'],
  requests: 26,
  async seed(at) {
    await pushIndex(target(at, 'pro/app'), 'old', '1.0', 'latest')
    await pushIndex(target(at, 'pro/app'), 'new', 'rc')
  },
  async act({ host, client }, said) {
    const changes = await promote(`${host}/pro/app:rc`, ['1.0', 'latest', 'first'], { registryClient: client })
    for (const { reference, to } of changes) said.add(reference, to)
  },
  check: (_before, after) => notNew(after, 'pro/app:1.0', 'pro/app:latest', 'pro/app:first'),
}

const sourcePipeline = ({ host }: Pick<Acting, 'host'>, repository: string, tags: readonly [string, ...string[]]) =>
  pipeline(`${host}/${repository}`)
    .sharedBase(`${host}/${repository}-from:1`)
    .platforms(
      platform('amd64', { base: fromImage(`${host}/base/amd64:1`) }),
      platform('arm', { variant: 'v7', base: fromImage(`${host}/base/arm:1`) }),
    )
    .build({ context: '.' })
    .tags(...tags)

async function seedBases(at: Seeding): Promise<void> {
  for (const [index, name] of ['base/amd64', 'base/arm'].entries()) {
    const platform = PLATFORMS[index] ?? AMD64
    await pushTinyImage(target(at, name), await tinyImage({ platform, files: { name: 'base' } }), '1')
  }
  await writeFile(join(at.folder, 'Dockerfile'), 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n')
}

/** An image as polyarch keeps it after a build. */
function annotated({ manifest }: TinyImage, annotations: Annotations): StoredManifest {
  if (isIndex(manifest.content)) throw new TypeError('a tiny image is a single one')
  return encodeManifest({ ...manifest.content, annotations }, MEDIA_TYPES.ociManifest)
}

const executing: Operation = {
  name: 'execute',
  repositories: ['exe/app', 'exe/app-from'],
  requests: 54,
  async seed(at) {
    await seedBases(at)
    await pushIndex(target(at, 'exe/app'), 'old', '1.0')
    const app = sourcePipeline(at, 'exe/app', ['1.0', 'latest'])
    const { nodes } = await plan(app, { registryClient: at.client, directory: at.folder, build: false })
    const sources = encodeSources({ images: {}, unverifiable: [] })
    const keys = nodes.flatMap((node) => (node.kind === 'image' && node.key !== undefined ? [node.key] : []))
    const built = await images('new')
    for (const [index, key] of keys.entries()) {
      const image = built[index]
      if (image === undefined) continue
      await pushTinyImage(target(at, 'exe/app'), image)
      const kept = annotated(image, { [KEY_ANNOTATION]: key, [SOURCES_ANNOTATION]: sources })
      await pushManifest(target(at, 'exe/app'), kept, `polyarch-${key}`)
    }
  },
  async act(at, said) {
    const { host, client, folder } = at
    await execute(sourcePipeline(at, 'exe/app', ['1.0', 'latest']), {
      registryClient: client,
      directory: folder,
      build: false,
      localCache: false,
      onEvent(event) {
        if (event.kind === 'tag-moved' || event.kind === 'tag-kept') said.add(event.change.reference, event.change.to)
        if (event.kind === 'tag-not-moved' && !event.isUnknown) said.add(event.reference, event.holds)
      },
    })
    if (said.holds.size === 0) throw new TypeError(`a run on ${host} that succeeds states what its names hold`)
  },
  async check(before, after) {
    const kept = [...before.tags].filter(([name]) => name.startsWith('exe/app:polyarch-'))
    const expected = kept.map(([, { digest }]) => digest).toSorted()
    const wrong = ['exe/app:1.0', 'exe/app:latest'].filter((name) => listed(after, name).join() !== expected.join())
    return [...(kept.length === 2 ? [] : ['there are not two images']), ...wrong]
  },
}

const keyTag = (digit: string) => `polyarch-${digit.repeat(64)}`
/** Each on a manifest of its own: docker-registry deletes a manifest with all its tags. */
const DELETABLE: readonly string[] = [keyTag('c'), `${keyTag('d')}.unchecked`]

const pruning: Operation = {
  name: 'prune',
  repositories: ['prn/app', 'prn/app-from'],
  requests: 50,
  async seed(at) {
    await seedBases(at)
    const to = target(at, 'prn/app')
    const [a, b] = await pushIndex(to, 'named', '1.0')
    if (a) await pushManifest(to, a.manifest, keyTag('a'))
    if (b) await pushManifest(to, b.manifest, keyTag('b'))
    for (const tag of DELETABLE) await pushTinyImage(to, await tinyImage({ platform: AMD64, files: { tag } }), tag)
    const nested = await tinyImage({ platform: AMD64, files: { name: 'nested' } })
    await pushTinyImage(to, nested, keyTag('e'))
    const inner = tinyIndex([nested])
    await pushManifest(to, inner)
    const entries: readonly Descriptor[] = [{ ...inner.descriptor, platform: AMD64 }]
    await pushManifest(to, encodeManifest({ schemaVersion: 2, manifests: entries }, MEDIA_TYPES.ociIndex), 'nested')
    const recent = await tinyImage({ platform: AMD64, files: { name: 'recent' }, created: new Date().toISOString() })
    await pushTinyImage(to, recent, keyTag('f'))
  },
  async act(at, said) {
    const { client, folder } = at
    const app = sourcePipeline(at, 'prn/app', ['2.0'])
    const pruned = await prune(app, { registryClient: client, directory: folder, delete: true })
    for (const { reference, outcome, digest, because } of pruned) {
      if (outcome === 'deleted') said.add(reference, undefined)
      // What was not found may be there or not.
      else if (digest !== undefined && !because?.includes('did not find')) said.add(reference, digest)
    }
  },
  async check(before, after) {
    const gone = [...before.tags.keys()].filter((name) => !after.tags.has(name)).toSorted()
    const expected = DELETABLE.map((tag) => `prn/app:${tag}`).toSorted()
    return gone.join() === expected.join() ? [] : [`deleted are ${gone.join()}`]
  },
  mayDelete: (tag) => DELETABLE.some((one) => tag === `prn/app:${one}`),
}

/** All operations that faults are injected into. */
export const OPERATIONS: readonly Operation[] = [assembling, copying, promoting, executing, pruning]
