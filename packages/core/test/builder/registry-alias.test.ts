import { expect, it } from 'vitest'
import { openBuilders } from '../../src/builder/builders.js'
import type { Builder, BuildRequest, RegistryAlias } from '../../src/builder/port.js'
import { withAliasLogin, withRegistryAlias } from '../../src/builder/registry-alias.js'
import { digestOf } from '../../src/model/digest.js'
import { builderFeatures } from './builder-features.js'

const ALIAS: RegistryAlias = { host: 'localhost:5000', builderHost: 'registry.ci.svc:5000' }
const DIGEST = digestOf(Buffer.from('base'))

const REQUEST = {
  destination: { registry: 'localhost:5000', repository: 'app', tag: 'polyarch-1' },
  pins: [
    { name: 'localhost:5000/tools:1', pinned: `localhost:5000/tools@${DIGEST}` },
    { name: 'docker.io/library/alpine:3', pinned: `docker.io/library/alpine@${DIGEST}` },
  ],
  args: { BASE_IMAGE: `localhost:5000/from@${DIGEST}`, MIRROR: 'localhost:5000/own' },
  contexts: { lib: `docker-image://localhost:5000/lib@${DIGEST}`, src: 'local:src' },
  cacheFrom: [{ type: 'registry', attributes: { ref: 'localhost:5000/app:cache' } }],
  cacheTo: [{ type: 'inline', attributes: {} }],
} as unknown as BuildRequest

function recorded() {
  const calls: unknown[] = []
  const note =
    <T>(value: T) =>
    async (...given: readonly unknown[]) => {
      calls.push(...given.filter((one) => one !== undefined))
      return value
    }
  const sources = [
    { kind: 'image', name: 'registry.ci.svc:5000/tools:1', digest: DIGEST },
    { kind: 'image', name: 'docker.io/library/alpine:3', digest: DIGEST },
    { kind: 'remote', url: 'https://registry.ci.svc:5000/file' },
  ]
  const builder = {
    name: 'b',
    run: note({ exitCode: 0 }),
    build: note({ sources, push: note(DIGEST), [Symbol.asyncDispose]: async () => {} }),
    requireRegistry: note(undefined),
    images: { pull: note(undefined), tag: note(undefined), untag: note(undefined) },
  } as unknown as Builder
  return { calls, builder: withRegistryAlias(builder, ALIAS) }
}

it('the builder gets its own name wherever a build names the registry, and no other text changes', async () => {
  const { calls, builder } = recorded()
  const built = await builder.build(REQUEST)
  expect(calls).toEqual([
    {
      destination: { registry: 'registry.ci.svc:5000', repository: 'app', tag: 'polyarch-1' },
      pins: [
        { name: 'localhost:5000/tools:1', pinned: `registry.ci.svc:5000/tools@${DIGEST}` },
        { name: 'docker.io/library/alpine:3', pinned: `docker.io/library/alpine@${DIGEST}` },
      ],
      args: { BASE_IMAGE: `registry.ci.svc:5000/from@${DIGEST}`, MIRROR: 'localhost:5000/own' },
      contexts: { lib: `docker-image://registry.ci.svc:5000/lib@${DIGEST}`, src: 'local:src' },
      cacheFrom: [{ type: 'registry', attributes: { ref: 'registry.ci.svc:5000/app:cache' } }],
      cacheTo: [{ type: 'inline', attributes: {} }],
    },
  ])
  expect(built.sources).toEqual([
    { kind: 'image', name: 'localhost:5000/tools:1', digest: DIGEST },
    { kind: 'image', name: 'docker.io/library/alpine:3', digest: DIGEST },
    { kind: 'remote', url: 'https://registry.ci.svc:5000/file' },
  ])
  expect(await built.push()).toBe(DIGEST)
})

it('checks the registry and loads images by the name of the builder', async () => {
  const { calls, builder } = recorded()
  const reference = { registry: 'localhost:5000', repository: 'app', digest: DIGEST }
  const own = { ...reference, registry: 'registry.ci.svc:5000' }
  const other = { registry: 'localhost:5001', repository: 'app', tag: '1' }
  const platform = { os: 'linux', architecture: 'amd64' }
  await builder.requireRegistry(reference)
  await builder.run({ image: reference } as never)
  await builder.images?.pull(reference, platform)
  await builder.images?.tag(reference, other)
  expect(calls).toEqual([own, { image: own }, own, platform, own, other])
})

it('a builder without source policies is rejected: it would get a Dockerfile with the other name', async () => {
  const describe = (sourcePolicy: boolean) =>
    withRegistryAlias(
      {
        describe: async () => ({ address: 'b', version: '20.10', features: builderFeatures({ sourcePolicy }) }),
      } as never,
      ALIAS,
    ).describe()
  await expect(describe(false)).rejects.toMatchObject({
    code: 'ENGINE_UNSUPPORTED',
    hint: expect.stringContaining('Docker Engine 24 or newer'),
  })
  expect(await describe(true)).toMatchObject({ address: 'b' })
})

it('the login is that of the name that the client uses, unless there is one for the other', async () => {
  const logins: Record<string, string> = { 'localhost:5000': 'client' }
  const find = async (host: string) => {
    const username = logins[host]
    return username === undefined ? undefined : ({ kind: 'password', username, password: 'x' } as const)
  }
  const store = withAliasLogin({ find }, ALIAS)
  expect(await store.find('registry.ci.svc:5000')).toMatchObject({ username: 'client' })
  expect(await store.find('ghcr.io')).toBeUndefined()
  logins['registry.ci.svc:5000'] = 'builder'
  expect(await store.find('registry.ci.svc:5000')).toMatchObject({ username: 'builder' })
})

it.each([
  ['registry.ci.svc:5000', undefined, 'the target registry is not set'],
  ['https://registry', 'localhost:5000', "'https://registry' is not a host"],
  ['registry/prefix', 'localhost:5000', "'registry/prefix' is not a host"],
])('builderRegistry %s with registry %s is rejected', (builderRegistry, registry, message) => {
  const credentials = { find: async () => undefined }
  expect(() => openBuilders({ builderRegistry }, { credentials, env: {}, registry })).toThrow(message)
})

it('names the images of past builds as the client does', async () => {
  const past = new Map([
    ['registry.ci.svc:5000/app linux/amd64', 5],
    ['docker.io/library/app linux/amd64', 7],
  ])
  const builder = withRegistryAlias({ pastBuilds: async () => past } as unknown as Builder, ALIAS)
  expect([...((await builder.pastBuilds?.()) ?? [])]).toEqual([
    ['localhost:5000/app linux/amd64', 5],
    ['docker.io/library/app linux/amd64', 7],
  ])
})
