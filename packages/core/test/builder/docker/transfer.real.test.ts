import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busyboxImage } from '../../../../../test/support/busybox-image.js'
import { startDebianRegistry } from '../../../../../test/support/debian-registry.js'
import { freePort } from '../../../../../test/support/free-port.js'
import { pushManifest, pushTinyImage } from '../../../../../test/support/push-tiny.js'
import { tinyIndex } from '../../../../../test/support/tiny-image.js'
import { connectEngine } from '../../../src/builder/connect.js'
import type { EngineEvent } from '../../../src/model/events.js'
import { startFaultProxy } from '../../registry/fault-proxy.js'
import {
  buildOf,
  ENGINES,
  engineHost,
  engineWithLogins,
  fetchConfig,
  platform,
  reference,
  uniqueName,
} from '../engines.js'

const AMD64 = platform('linux/amd64')
const ARM = platform('linux/arm/v7')
const FROM_SCRATCH = 'FROM scratch\nCOPY note /\n'

describe.each(ENGINES)('%s', (name) => {
  let running: Awaited<ReturnType<typeof engineHost>>
  let host: string

  beforeAll(async () => {
    running = await engineHost(name)
    host = running.host
  })

  afterAll(() => running[Symbol.asyncDispose]())

  test('what was built is pushed with a login, and its digest is the one that the registry has', async () => {
    await using registry = await startDebianRegistry({ auth: 'htpasswd' })
    const { engine } = engineWithLogins({ [registry.host]: registry.login }, { host })
    await using _ = engine
    const name = uniqueName(registry.host)
    await engine.build(buildOf(FROM_SCRATCH, { name, files: { note: 'pushed\n' } }))
    const events: EngineEvent[] = []
    const digest = await engine.push(name, AMD64, { onEvent: (event) => events.push(event) })
    expect(await engine.distribution(name)).toEqual({ digest })
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'engine-transfer', direction: 'push', status: 'Pushed' }),
    )
    await engine.untag(name)
  })

  test('a push without a login is refused, in the stream of a successful answer', async () => {
    await using registry = await startDebianRegistry({ auth: 'htpasswd' })
    await using engine = connectEngine({ host })
    const name = uniqueName(registry.host)
    await engine.build(buildOf(FROM_SCRATCH, { name, files: { note: 'refused\n' } }))
    await expect(engine.push(name, AMD64)).rejects.toMatchObject({ name: 'EngineError', code: 'PUSH_FAILED' })
    await engine.untag(name)
  })

  test('a manifest that the registry refuses is pushed once more', async () => {
    await using registry = await startDebianRegistry()
    await using proxy = await startFaultProxy(registry.host)
    await using engine = connectEngine({ host })
    const name = uniqueName(proxy.host)
    await engine.build(buildOf(FROM_SCRATCH, { name, files: { note: 'again\n' } }))
    let left = Number.POSITIVE_INFINITY
    proxy.plan(({ method, path }) => {
      if (method !== 'PUT' || !path.includes('/manifests/') || left === 0) return undefined
      left -= 1
      return { kind: 'answer', status: 404 }
    })
    await expect(engine.push(name, AMD64)).rejects.toMatchObject({ code: 'PUSH_FAILED' })
    left = 1
    const digest = await engine.push(name, AMD64)
    expect(await engine.distribution(name)).toEqual({ digest })
    await engine.untag(name)
  })

  test('what the engine does not have cannot be pushed', async () => {
    await using engine = connectEngine({ host })
    await expect(engine.push(uniqueName(), AMD64)).rejects.toMatchObject({ code: 'PUSH_FAILED' })
  })

  test('one platform of an index is pulled, by tag and by digest', async () => {
    await using registry = await startDebianRegistry()
    await using engine = connectEngine({ host })
    const images = await Promise.all([AMD64, ARM].map((one) => busyboxImage({ platform: one })))
    for (const image of images) await pushTinyImage({ url: registry.url, repository: 'pull-test' }, image)
    const index = tinyIndex(images)
    await pushManifest({ url: registry.url, repository: 'pull-test' }, index, 'all')
    const byTag = reference(`${registry.host}/pull-test:all`)
    const byDigest = reference(`${registry.host}/pull-test@${index.descriptor.digest}`)
    for (const name of [byTag, byDigest]) {
      await engine.pull(name, ARM)
      await engine.untag(name)
      await expect(engine.pull(name, platform('linux/s390x'))).rejects.toMatchObject({ code: 'PULL_FAILED' })
    }
    await expect(engine.pull(uniqueName(registry.host), AMD64)).rejects.toMatchObject({ code: 'PULL_FAILED' })
  })

  test('of an image that the engine has for two platforms, the one that is asked for is pushed', async () => {
    await using registry = await startDebianRegistry()
    await using engine = connectEngine({ host })
    const target = { url: registry.url, repository: 'platform-test' }
    const images = await Promise.all([AMD64, ARM].map((one) => busyboxImage({ platform: one })))
    for (const image of images) await pushTinyImage(target, image)
    await pushManifest(target, tinyIndex(images), 'all')
    const source = reference(`${registry.host}/platform-test:all`)
    const copy = uniqueName(registry.host)
    for (const one of [AMD64, ARM]) await engine.pull(source, one)
    await engine.tag(source, copy)
    const digest = await engine.push(copy, ARM)
    await engine.untag(source)
    await engine.untag(copy)
    expect(await fetchConfig(registry.url, copy.repository, digest)).toMatchObject(ARM)
    expect(await engine.distribution(copy)).toEqual({ digest })
  })

  test('a name is given, and taken away again, twice without harm', async () => {
    await using registry = await startDebianRegistry()
    await using engine = connectEngine({ host })
    const [name, other] = [uniqueName(), uniqueName(registry.host)]
    await engine.build(buildOf(FROM_SCRATCH, { name, files: { note: 'tagged\n' } }))
    await engine.tag(name, other)
    await engine.untag(name)
    await engine.push(other, AMD64)
    await engine.untag(other)
    await engine.untag(other)
    await expect(engine.tag(name, other)).rejects.toMatchObject({ code: 'ENGINE_REJECTED' })
  })

  test('tells a registry that has no such manifest from one that is out of reach', async () => {
    await using registry = await startDebianRegistry()
    await using engine = connectEngine({ host })
    expect(await engine.distribution(uniqueName(registry.host))).toBeUndefined()
    await expect(engine.distribution(uniqueName(`127.0.0.1:${await freePort()}`))).rejects.toMatchObject({
      code: 'ENGINE_CANNOT_REACH_REGISTRY',
    })
  })

  test('a wrong login is no registry out of reach', async () => {
    await using registry = await startDebianRegistry({ auth: 'htpasswd' })
    const { engine } = engineWithLogins({ [registry.host]: { username: 'builder', password: 'wrong' } }, { host })
    await using _ = engine
    await expect(engine.distribution(uniqueName(registry.host))).rejects.toMatchObject({ code: 'ENGINE_REJECTED' })
  })
})
