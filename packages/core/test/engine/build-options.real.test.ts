import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { type DebianRegistry, startDebianRegistry } from '../../../../test/support/debian-registry.js'
import { connectEngine } from '../../src/engine/connect.js'
import { ignoredOptions } from '../../src/engine/ignored-options.js'
import type { EngineEvent } from '../../src/model/events.js'
import { buildOf, ENGINES, engineHost, fetchConfig, printed, pushBase, uniqueName } from './engines.js'

describe.each(ENGINES)('%s', (name) => {
  const cleanup = new Cleanup()
  let host: string
  let registry: DebianRegistry
  let base: string

  beforeAll(async () => {
    host = cleanup.use(await engineHost(name)).host
    registry = cleanup.use(await startDebianRegistry())
    base = await pushBase(registry)
  })

  afterAll(() => cleanup[Symbol.asyncDispose]())

  test('limits are seen by RUN steps, or the engine is known to ignore them; hosts are seen by all', async () => {
    await using engine = connectEngine({ host })
    const events: EngineEvent[] = []
    const limits = { shmSize: 33_554_432, ulimits: [{ name: 'nofile', soft: 777, hard: 888 }] }
    const dockerfile = `FROM ${base}\nRUN grep /dev/shm /proc/mounts; grep open /proc/self/limits; cat /etc/hosts\n`
    const request = buildOf(dockerfile, { noCache: true, addHosts: ['some.example.com:192.0.2.7'], ...limits })
    await engine.build(request, { onEvent: (event) => events.push(event) })
    await engine.untag(request.name)
    const [, soft, hard] = /Max open files +(\d+) +(\d+)/.exec(printed(events)) ?? []
    const seen = { shm: printed(events).includes('size=32768k'), files: `${soft}:${hard}` === '777:888' }
    const isIgnored = ignoredOptions(await engine.info(), limits).length > 0
    expect(seen).toEqual({ shm: !isIgnored, files: !isIgnored })
    expect(printed(events)).toMatch(/192\.0\.2\.7\s+some\.example\.com/)
  })

  test('an inline cache is in the image that asks for it, and is read by a build that names it', async () => {
    await using engine = connectEngine({ host })
    const name = uniqueName(registry.host)
    const dockerfile = `FROM ${base}\nRUN echo once > /once\n`
    const request = buildOf(dockerfile, { name, inlineCache: true, pull: true, noCache: true })
    await engine.build(request)
    const digest = await engine.push(name, request.platform)
    await engine.untag(name)
    const config = await fetchConfig(registry.url, name.repository, digest)
    expect(config).toHaveProperty(['moby.buildkit.cache.v0'])
    const events: EngineEvent[] = []
    const cacheFrom = [`${registry.host}/${name.repository}:1`]
    const next = buildOf(dockerfile, { cacheFrom })
    await engine.build(next, { onEvent: (event) => events.push(event) })
    await engine.untag(next.name)
    const imports = events.filter((event) => event.kind === 'build-step' && event.name.includes('importing cache'))
    expect(imports.map((event) => event.kind === 'build-step' && event.status)).toEqual(['started', 'done'])
  })
})
