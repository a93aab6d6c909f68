import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busyboxImage } from '../../../../../test/support/busybox-image.js'
import { startDebianRegistry } from '../../../../../test/support/debian-registry.js'
import { freePort } from '../../../../../test/support/free-port.js'
import { pushManifest, pushTinyImage } from '../../../../../test/support/push-tiny.js'
import { tinyIndex } from '../../../../../test/support/tiny-image.js'
import { connectBuilder } from '../../../src/builder/connect.js'
import { digestOf } from '../../../src/model/digest.js'
import { MEDIA_TYPES } from '../../../src/model/oci.js'
import { startFaultProxy } from '../../registry/fault-proxy.js'
import { buildOf, ENGINES, engineHost, engineWithLogins, platform, reference, uniqueName } from '../engines.js'

const AMD64 = platform('linux/amd64')
const ARM = platform('linux/arm/v7')
const FROM_SCRATCH = 'FROM scratch\nCOPY note /\n'

function basic({ username, password } = { username: '', password: '' }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

describe.each(ENGINES)('%s', (name) => {
  let running: Awaited<ReturnType<typeof engineHost>>
  let host: string

  beforeAll(async () => {
    running = await engineHost(name)
    host = running.host
  })

  afterAll(() => running[Symbol.asyncDispose]())

  test('a built image is pushed with a login, under the digest of the registry', async () => {
    await using registry = await startDebianRegistry({ auth: 'htpasswd' })
    const { engine } = engineWithLogins({ [registry.host]: registry.login }, { host })
    await using _ = engine
    const destination = uniqueName(registry.host)
    await using built = await engine.build(buildOf(FROM_SCRATCH, { destination, files: { note: 'pushed\n' } }))
    const digest = await built.push()
    const manifest = await fetch(`${registry.url}/v2/${destination.repository}/manifests/${digest}`, {
      headers: { accept: Object.values(MEDIA_TYPES).join(', '), authorization: basic(registry.login) },
    })
    expect(digestOf(Buffer.from(await manifest.arrayBuffer()))).toBe(digest)
  })

  test('a push without a login is rejected', async () => {
    await using registry = await startDebianRegistry({ auth: 'htpasswd' })
    await using engine = connectBuilder({ host, env: process.env })
    const destination = uniqueName(registry.host)
    const pushing = async () => {
      await using built = await engine.build(buildOf(FROM_SCRATCH, { destination, files: { note: 'refused\n' } }))
      return await built.push()
    }
    await expect(pushing()).rejects.toMatchObject({ name: 'EngineError', code: 'PUSH_FAILED' })
  })

  test('a rejected manifest is pushed once more', async () => {
    await using registry = await startDebianRegistry()
    await using proxy = await startFaultProxy(registry.host)
    await using engine = connectBuilder({ host, env: process.env })
    const destination = uniqueName(proxy.host)
    const pushing = async () => {
      await using built = await engine.build(buildOf(FROM_SCRATCH, { destination, files: { note: 'again\n' } }))
      return await built.push()
    }
    let left = Number.POSITIVE_INFINITY
    proxy.plan(({ method, path }) => {
      if (method !== 'PUT' || !path.includes('/manifests/') || left === 0) return undefined
      left -= 1
      return { kind: 'answer', status: 404 }
    })
    await expect(pushing()).rejects.toMatchObject({ code: 'PUSH_FAILED' })
    left = 1
    await expect(pushing()).resolves.toMatch(/^sha256:/)
  })

  test('one platform of an index is pulled, by tag and by digest', async () => {
    await using registry = await startDebianRegistry()
    await using engine = connectBuilder({ host, env: process.env })
    const images = await Promise.all([AMD64, ARM].map((one) => busyboxImage({ platform: one })))
    for (const image of images) await pushTinyImage({ url: registry.url, repository: 'pull-test' }, image)
    const index = tinyIndex(images)
    await pushManifest({ url: registry.url, repository: 'pull-test' }, index, 'all')
    const byTag = reference(`${registry.host}/pull-test:all`)
    const byDigest = reference(`${registry.host}/pull-test@${index.descriptor.digest}`)
    for (const name of [byTag, byDigest]) {
      await engine.images?.pull(name, ARM)
      await engine.images?.untag(name)
      await expect(engine.images?.pull(name, platform('linux/s390x'))).rejects.toMatchObject({ code: 'PULL_FAILED' })
    }
    await expect(engine.images?.pull(uniqueName(registry.host), AMD64)).rejects.toMatchObject({ code: 'PULL_FAILED' })
  })

  test('a name is added and removed, also twice', async () => {
    await using registry = await startDebianRegistry()
    await using engine = connectBuilder({ host, env: process.env })
    const image = await busyboxImage({ platform: AMD64 })
    await pushTinyImage({ url: registry.url, repository: 'tag-test' }, image, '1')
    const [name, other] = [reference(`${registry.host}/tag-test:1`), uniqueName()]
    await engine.images?.pull(name, AMD64)
    await engine.images?.tag(name, other)
    await engine.images?.untag(name)
    await engine.images?.untag(other)
    await engine.images?.untag(other)
    await expect(engine.images?.tag(name, other)).rejects.toMatchObject({ code: 'ENGINE_REJECTED' })
  })

  test('distinguishes a missing manifest from an unreachable registry', async () => {
    await using registry = await startDebianRegistry()
    await using engine = connectBuilder({ host, env: process.env })
    await engine.requireRegistry(uniqueName(registry.host))
    await expect(engine.requireRegistry(uniqueName(`127.0.0.1:${await freePort()}`))).rejects.toMatchObject({
      code: 'ENGINE_CANNOT_REACH_REGISTRY',
    })
  })

  test('a wrong login is not an unreachable registry', async () => {
    await using registry = await startDebianRegistry({ auth: 'htpasswd' })
    const { engine } = engineWithLogins({ [registry.host]: { username: 'builder', password: 'wrong' } }, { host })
    await using _ = engine
    await expect(engine.requireRegistry(uniqueName(registry.host))).rejects.toMatchObject({ code: 'ENGINE_REJECTED' })
  })
})
