import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { busyboxImage } from '../../../../test/support/busybox-image.js'
import { pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { connectBuilder } from '../../src/builder/connect.js'
import { unsupportedOptions } from '../../src/builder/features.js'
import type { BuildRequest } from '../../src/builder/port.js'
import { buildFor, buildOnce, ENGINES, platform, printed, reference, setUpEngine } from './engines.js'
import { forgetBuilds } from './forget-builds.js'

const AMD64 = platform('linux/amd64')

describe.each(ENGINES)('%s', (name) => {
  const place = setUpEngine(name)
  const buildHere = buildFor(() => place.registry.host)

  test('limits apply to RUN steps if the engine supports them; hosts apply always', async () => {
    await using engine = connectBuilder({ host: place.host, env: process.env })
    const limits = { shmSize: 33_554_432, ulimits: [{ name: 'nofile', soft: 777, hard: 888 }] }
    const dockerfile = `FROM ${place.base}\nRUN grep /dev/shm /proc/mounts; grep open /proc/self/limits; cat /etc/hosts\n`
    const request = buildHere(dockerfile, { noCache: true, addHosts: ['some.example.com:192.0.2.7'], ...limits })
    const events = await buildOnce(engine, request)
    const [, soft, hard] = /Max open files +(\d+) +(\d+)/.exec(printed(events)) ?? []
    const seen = { shm: printed(events).includes('size=32768k'), files: `${soft}:${hard}` === '777:888' }
    const isIgnored = unsupportedOptions(await engine.describe(), limits).length > 0
    expect(seen).toEqual({ shm: !isIgnored, files: !isIgnored })
    expect(printed(events)).toMatch(/192\.0\.2\.7\s+some\.example\.com/)
  })

  test('a cache is exported to a directory and imported from it, if the engine supports it', async () => {
    await using engine = connectBuilder({ host: place.host, env: process.env })
    await using folder = await tempFolder('cache')
    const dest = join(folder.path, 'cache')
    const exported = { type: 'local', attributes: { dest, tag: 'main', mode: 'max' } }
    const imported = { type: 'local', attributes: { src: dest, tag: 'main' } }
    const dockerfile = `FROM ${place.base} AS first\nRUN date > /first\nFROM ${place.base}\nCOPY --from=first /first /\n`
    const request = buildHere(dockerfile, { noCache: true })
    const missing = { type: 'local', attributes: { src: join(folder.path, 'missing') } }
    await buildOnce(engine, { ...request, cacheFrom: [missing] })
    const unsupported = unsupportedOptions(await engine.describe(), { cacheFrom: [imported], cacheTo: [exported] })
    if (unsupported.length > 0) {
      expect(unsupported.map(({ option }) => option)).toEqual(['cacheTo (type=local)'])
      await expect(engine.build({ ...request, cacheTo: [exported] })).rejects.toThrow('unknown cache exporter')
      return
    }
    await buildOnce(engine, { ...request, cacheTo: [exported] })
    const statuses = async (cacheFrom: NonNullable<BuildRequest['cacheFrom']>) => {
      await forgetBuilds(place.host)
      const events = await buildOnce(engine, { ...request, noCache: false, cacheFrom })
      const run = events.filter((event) => event.kind === 'build-step' && event.name.includes('RUN date'))
      return run.flatMap((event) => (event.kind === 'build-step' && event.status !== 'started' ? [event.status] : []))
    }
    expect(await statuses([imported])).toEqual(['cached'])
    expect(await statuses([missing])).toEqual(['done'])
  })

  test('uses the requested network, and the cache unless noCache is set', async () => {
    await using engine = connectBuilder({ host: place.host, env: process.env })
    const build = async (changes: Parameters<typeof buildHere>[1]) => {
      const request = buildHere(`FROM ${place.base}\nRUN ls /sys/class/net\n`, changes)
      const events = await buildOnce(engine, request)
      const step = events.flatMap((event) => (event.kind === 'build-step' && event.name.includes('RUN') ? [event] : []))
      return { status: step.at(-1)?.status, interfaces: printed(events).trim() }
    }
    expect(await build({ network: 'none', noCache: true })).toEqual({ status: 'done', interfaces: 'lo' })
    expect(await build({ network: 'none' })).toEqual({ status: 'cached', interfaces: '' })
    // Engines and bridges of other tests come and go meanwhile.
    const here = Object.keys(networkInterfaces()).filter((name) => !/^(veth|polyarch)/.test(name))
    const { interfaces } = await build({ network: 'host', noCache: true })
    expect(interfaces.split(/\s+/)).toEqual(expect.arrayContaining(here))
    expect(here.length).toBeGreaterThan(1)
    expect(await build({ network: 'none', noCache: true })).toEqual({ status: 'done', interfaces: 'lo' })
  })

  test("steps get the engine's proxies from docker's configuration, and stay cached when a proxy changes", async () => {
    await using engine = connectBuilder({ host: place.host, env: process.env })
    const { address } = await engine.describe()
    const build = async (httpProxy: string, noCache = false) => {
      const proxies = new Map([[address, { HTTP_PROXY: httpProxy }]])
      const dockerfile = `FROM ${place.base}\nRUN echo "proxies: $HTTP_PROXY $http_proxy"\n`
      return printed(await buildOnce(engine, buildHere(dockerfile, { proxies, noCache })))
    }
    expect(await build('http://192.0.2.1:3128', true)).toContain('proxies: http://192.0.2.1:3128 http://192.0.2.1:3128')
    expect(await build('http://192.0.2.2:3128')).toBe('')
  })

  test('pulls a base that has moved again if that is requested', async () => {
    await using engine = connectBuilder({ host: place.host, env: process.env })
    const target = { url: place.registry.url, repository: 'moving' }
    const name = reference(`${place.registry.host}/moving:1`)
    const push = async (word: string) => {
      await pushTinyImage(target, await busyboxImage({ platform: AMD64, files: { word } }), '1')
    }
    const build = async (pull: boolean) => {
      const request = buildHere(`FROM ${place.registry.host}/moving:1\nRUN cat /word\n`, { pull, noCache: true })
      return printed(await buildOnce(engine, request))
    }
    const { imageStore } = await engine.describe()
    await push('first')
    await engine.images?.pull(name, AMD64)
    await push('second')
    expect(await build(false)).toBe(imageStore === 'containerd' ? 'second' : 'first')
    expect(await build(true)).toBe('second')
    await engine.images?.untag(name)
  })

  test('steps of the named stages alone are executed again', async () => {
    await using engine = connectBuilder({ host: place.host, env: process.env })
    const dockerfile = `FROM ${place.base} AS first\nRUN true > /first\nFROM ${place.base}\nCOPY --from=first /first /\nRUN true > /second\n`
    const statuses = async (noCache: boolean | readonly string[]) => {
      const events = await buildOnce(engine, buildHere(dockerfile, { noCache }))
      const ended = events.flatMap((event) =>
        event.kind === 'build-step' && event.status !== 'started' ? [event] : [],
      )
      return ['/first', '/second'].map((file) => ended.find((step) => step.name.includes(`RUN true > ${file}`))?.status)
    }
    await statuses(true)
    expect(await statuses(false)).toEqual(['cached', 'cached'])
    // The empty file is the same again, so that what is made of it is still in the cache.
    expect(await statuses(['FIRST'])).toEqual(['done', 'cached'])
  })

  test('a cache is exported to a registry and imported from it, if the engine supports it', async () => {
    await using engine = connectBuilder({ host: place.host, env: process.env })
    const cache = { type: 'registry', attributes: { ref: `${place.registry.host}/cache:${name.length}`, mode: 'max' } }
    const unsupported = unsupportedOptions(await engine.describe(), { cacheFrom: [cache], cacheTo: [cache] })
    const request = buildHere(`FROM ${place.base} AS first\nRUN date > /first\nFROM scratch\n`, {
      target: 'first',
      noCache: true,
    })
    if (unsupported.length > 0) {
      expect(unsupported.map(({ option }) => option)).toEqual(['cacheTo (type=registry)'])
      await expect(engine.build({ ...request, cacheTo: [cache] })).rejects.toThrow('unknown cache exporter')
      return
    }
    await buildOnce(engine, { ...request, cacheTo: [cache] })
    await forgetBuilds(place.host)
    const events = await buildOnce(engine, { ...request, noCache: false, cacheFrom: [cache] })
    const run = events.filter((event) => event.kind === 'build-step' && event.name.includes('RUN date'))
    expect(run.at(-1)).toMatchObject({ status: 'cached' })
  })

  test('reports which of the named entitlements its configuration allows', async () => {
    await using engine = connectBuilder({ host: place.host, env: process.env })
    expect((await engine.describe()).features.entitlements).toEqual(new Set())
    const { features } = await engine.describe({ entitlements: ['network.host', 'security.insecure'] })
    expect([...features.entitlements]).toEqual(['network.host'])
    const request = buildHere(`FROM ${place.base}\nRUN true\n`, { entitlements: ['security.insecure'] })
    await expect(engine.build(request)).rejects.toThrow('security.insecure is not allowed')
  })
})
