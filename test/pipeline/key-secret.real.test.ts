import { randomBytes } from 'node:crypto'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  type BuildSettings,
  type ExecuteOptions,
  execute,
  fromImage,
  lock,
  type Pipeline,
  pipeline,
  plan,
  platform,
  prune,
  type RunEvent,
} from '../../packages/core/src/index.js'
import type { ImageManifest } from '../../packages/core/src/model/oci.js'
import { promote } from '../../packages/core/src/operations/images/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { Cleanup } from '../support/cleanup.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, pushBase } from './project.js'
import { keyTagsOf, missingBelow, tagsOf } from './published.js'

const PIN = '271828'
const SECRET = randomBytes(32).toString('hex')

/** The PIN is in a file that no image holds, in one that a trigger of the base copies, and in an arg that the trigger may use. */
const DOCKERFILE = `ARG BASE_IMAGE
FROM \${BASE_IMAGE}
ARG WHO
RUN --mount=type=bind,source=pin,target=/pin grep -q . /pin
`
/** No engine listens there. */
const NO_ENGINE: ExecuteOptions = { engine: { host: 'unix:///nowhere/docker.sock' } }

interface Target {
  readonly host: string
  readonly url: string
}

const cleanup = new Cleanup()
let directory: string
/** Registry of the images, and that of someone who guesses. */
let registry: Target
let other: Target
let bases: ReadonlyMap<Target, string>
const events: RunEvent[] = []

beforeAll(async () => {
  directory = cleanup.use(await tempFolder('key-secret')).path
  const start = async (name: string) => cleanup.use(await startRegistry({ directory: join(directory, name) }))
  registry = await start('registry')
  other = await start('other')
  const base = { platform: AMD64, config: { OnBuild: ['COPY .env /tmp/env'] } }
  const push = async (target: Target) => [target, await pushBase({ ...target, repository: 'base' }, base)] as const
  bases = new Map([await push(registry), await push(other)])
  await writeFile(join(directory, 'secret'), `${SECRET}\n`)
  await execute(await app('keyed', { keySecret: { file: join(directory, 'secret') } }), {
    onEvent: (event) => events.push(event),
  })
  await execute(await app('plain'))
})
afterAll(() => cleanup[Symbol.asyncDispose]())

/** A pipeline whose context has a PIN. */
async function app(
  name: string,
  build: Partial<BuildSettings> = {},
  { pin = PIN, target = registry }: { readonly pin?: string; readonly target?: Target } = {},
): Promise<Pipeline> {
  const context = join(directory, `context-${pin}`)
  await mkdir(context, { recursive: true })
  for (const file of ['pin', '.env']) await writeFile(join(context, file), pin)
  await writeFile(join(context, 'Dockerfile'), DOCKERFILE)
  return pipeline(`${target.host}/${name}`)
    .platforms(platform('amd64', { base: fromImage(bases.get(target) ?? '') }))
    .build({ context, args: { PIN: pin, WHO: pin }, ...build })
    .tags('1')
}

async function manifestOf(target: Target, repository: string, tag: string): Promise<ImageManifest> {
  const accept = 'application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json'
  const response = await fetch(`${target.url}/v2/${repository}/manifests/${tag}`, { headers: { accept } })
  return (await response.json()) as ImageManifest
}

/** Everything that is published about the inputs of an image: its key tags, its annotations and the record of its context. */
async function published(target: Target, repository: string) {
  const tags = (await tagsOf(target.url, repository)).filter((tag) => tag.startsWith('polyarch-'))
  const [keyTag = ''] = tags.filter((tag) => /^polyarch-[0-9a-f]{64}$/.test(tag))
  const [recordTag = ''] = tags.filter((tag) => tag.startsWith('polyarch-context-'))
  const { annotations = {} } = await manifestOf(target, repository, keyTag)
  const [layer] = (await manifestOf(target, repository, recordTag)).layers
  const record = await (await fetch(`${target.url}/v2/${repository}/blobs/${layer?.digest}`)).text()
  const index = JSON.stringify(await manifestOf(target, repository, '1'))
  const json = (name: string) => JSON.parse(annotations[`io.polyarch.${name}`] ?? '')
  const [parts, sources] = [json('parts'), json('sources')]
  return { keyTag, recordTag, key: annotations['io.polyarch.key'], parts, sources, record, index }
}

it('without a secret, a guess of the only unknown input is confirmed by what is published', async () => {
  for (const [pin, isRight] of [
    [PIN, true],
    ['314159', false],
  ] as const) {
    const name = `guess-${pin}`
    await execute(await app(name, {}, { pin, target: other }))
    const [actual, guess] = [await published(registry, 'plain'), await published(other, name)]
    expect(guess.keyTag === actual.keyTag).toBe(isRight)
    expect(guess.sources.context.digest === actual.sources.context.digest).toBe(isRight)
    expect(guess.sources.unusedArgs === actual.sources.unusedArgs).toBe(isRight)
    expect(guess.parts.context === actual.parts.context).toBe(isRight)
  }
})

it('with a secret, nothing of what is published can be computed without it', async () => {
  const [actual, guess] = [await published(registry, 'keyed'), await published(other, `guess-${PIN}`)]
  const digests = (value: unknown) => new Set(JSON.stringify(value).match(/[0-9a-f]{16,}/g))
  // The base, which is in the registry under its digest, and the image itself are what both have.
  const content = digests([
    actual.parts.base,
    Object.keys(actual.sources.images),
    actual.index.match(/"sha256:[^"]*"/g),
  ])
  const own = [...digests(actual)].filter((one) => !content.has(one))
  expect(own.length).toBeGreaterThan(6)
  const guessed = digests(guess)
  expect(own.filter((one) => guessed.has(one))).toEqual([])
  expect(actual.parts.args).not.toEqual(guess.parts.args)
  expect(actual.parts.settings).not.toEqual(guess.parts.settings)
  expect(actual.record).not.toBe(guess.record)
  // The keys of the index are those of its images, so that one request answers for the pipeline.
  expect(actual.index).toContain(`"io.polyarch.key":"${actual.key}"`)
})

it('the secret is in no event, plan, tag or manifest', async () => {
  const shown = await plan(await app('keyed', { keySecret: { file: join(directory, 'secret') } }), NO_ENGINE)
  const all = JSON.stringify([events, shown, await published(registry, 'keyed'), await tagsOf(registry.url, 'keyed')])
  for (const form of [SECRET, Buffer.from(SECRET).toString('base64'), Buffer.from(SECRET).toString('hex')]) {
    expect(all).not.toContain(form)
  }
})

it('a machine with the same secret reuses the image, from a file or a variable', async () => {
  process.env['POLYARCH_TEST_KEY_SECRET'] = SECRET
  await using folder = await tempFolder('key-secret-clone')
  const clone = join(folder.path, 'clone')
  await app('keyed')
  await cp(join(directory, `context-${PIN}`), clone, { recursive: true })
  const keySecret = { env: 'POLYARCH_TEST_KEY_SECRET' }
  const { nodes } = await execute(await app('keyed', { keySecret, context: clone }), NO_ENGINE)
  expect(nodes.map(({ outcome }) => outcome)).toEqual(nodes.map(() => 'reused'))
})

it.each<[what: string, build: Partial<BuildSettings>, why: object, text: string]>([
  ['another secret', { keySecret: { value: 'x'.repeat(32) } }, { change: 'changed' }, 'keySecret changed'],
  ['no secret', {}, { change: 'removed' }, 'keySecret removed'],
])('with %s, the image is built again, and the plan reports why', async (_what, build, why, text) => {
  const { nodes } = await plan(await app('keyed', build))
  const image = nodes.find(({ kind }) => kind === 'image')
  expect(image).toMatchObject({
    action: 'rebuild',
    why: [{ kind: 'key-secret-changed', ...why }],
    reason: text,
  })
})

it('a plan with the secret names the file that changed, as one without does', async () => {
  const keySecret = { value: SECRET }
  const { nodes } = await plan(await app('keyed', { keySecret }, { pin: '161803' }))
  const why = nodes.find(({ kind }) => kind === 'image')?.why
  expect(why).toEqual([
    { kind: 'context-changed', paths: [{ path: 'pin', change: 'changed' }], changed: 1, removed: 0 },
    { kind: 'arg-changed', name: 'WHO', change: 'changed' },
  ])
})

it('a plan without the value of the secret fails before anything is published', async () => {
  const missing = await app('keyed', { keySecret: { env: 'POLYARCH_NOT_SET' } })
  await expect(execute(missing)).rejects.toMatchObject({
    code: 'SECRET_UNAVAILABLE',
    message: 'the keySecret is in the variable POLYARCH_NOT_SET, which is not set',
  })
  await expect(prune(missing, { delete: true, olderThan: 0 })).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE' })
})

it('works with lock, promote and prune, which keeps what the definition needs', async () => {
  const keyed = await app('keyed', { keySecret: { value: SECRET } })
  await using folder = await tempFolder('key-secret-lock')
  await lock(keyed, { directory: folder.path })
  expect(await readFile(join(folder.path, 'polyarch.lock'), 'utf8')).not.toContain(SECRET)
  await promote(`${registry.host}/keyed:1`, ['stable'])
  expect(await prune(keyed, { delete: true, olderThan: 0 })).toEqual([])
  expect(await keyTagsOf(registry.url, 'keyed')).toHaveLength(1)
  expect(await missingBelow(registry.url, 'keyed')).toEqual([])
  const { nodes } = await execute(keyed, NO_ENGINE)
  expect(nodes.every(({ outcome }) => outcome === 'reused')).toBe(true)
})
