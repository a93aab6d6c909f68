import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busyboxImage } from '../../../../test/support/busybox-image.js'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { type DebianRegistry, startDebianRegistry } from '../../../../test/support/debian-registry.js'
import { freePort } from '../../../../test/support/free-port.js'
import { pushTinyImage } from '../../../../test/support/push-tiny.js'
import { connectBuilder } from '../../src/builder/connect.js'
import type { BuilderOptions } from '../../src/builder/options.js'
import { pastBuildKey } from '../../src/builder/port.js'
import { EngineError, RegistryError } from '../../src/model/errors.js'
import { MEDIA_TYPES } from '../../src/model/oci.js'
import { formatPlatform } from '../../src/model/platform.js'
import { formatRepository } from '../../src/model/reference.js'
import { BACKENDS, BUILDER_KINDS, startBuilder } from './builder-kinds.js'
import {
  buildFor,
  buildOnce,
  engineWithLogins,
  fetchConfig,
  platform,
  printed,
  pushBase,
  unheardOf,
  uniqueName,
} from './engines.js'

/** BuildKit 0.8, which reports less. */
const OLDEST = 'engine 20.10'

/** What every builder does alike, however it is reached. What no connection decides is tried once per kind of BuildKit. */
describe.each(BUILDER_KINDS)('%s', (kind) => {
  const testOnBackends = (name: string, run: () => Promise<void>) => {
    if (BACKENDS.has(kind)) test(name, run)
  }
  const cleanup = new Cleanup()
  let options: BuilderOptions
  let registry: DebianRegistry
  /** `FROM` this for a shell, on amd64 and arm/v7. */
  let base: string

  const buildHere = buildFor(() => registry.host)

  beforeAll(async () => {
    options = cleanup.use(await startBuilder(kind)).options
    registry = cleanup.use(await startDebianRegistry())
    base = await pushBase(registry)
  })

  afterAll(() => cleanup[Symbol.asyncDispose]())

  test('builds for a platform, natively and emulated, and reports every step and all output', async () => {
    await using engine = connectBuilder({ env: process.env, ...options })
    for (const [name, machine] of [
      ['linux/amd64', 'x86_64'],
      ['linux/arm/v7', 'armv7l'],
    ] as const) {
      const request = buildHere(
        `FROM ${base}\nARG WORD TARGETPLATFORM\nCOPY note /\nRUN echo "$WORD from $TARGETPLATFORM on $(uname -m)"; cat /note >&2; printf unended`,
        { platform: platform(name), args: { WORD: 'grüße' }, files: { note: 'a note\n' }, noCache: true },
      )
      const events = await buildOnce(engine, request)
      expect(printed(events)).toContain(`grüße from ${name} on ${machine}\n`)
      expect(printed(events)).toContain('a note\n')
      expect(printed(events)).toContain('unended')
      const run = events.filter((event) => event.kind === 'build-step' && event.name.includes('RUN echo'))
      expect(run).toMatchObject([{ status: 'started' }, { status: 'done' }])
    }
  })

  test('reports thousands of lines a second to the end, and warnings of the frontend with their line', async () => {
    await using engine = connectBuilder({ env: process.env, ...options })
    const loop = 'i=0; while [ $i -lt 20000 ]; do echo $i; i=$((i+1)); done; printf unended'
    const request = buildHere(`# a comment\nFROM ${base} as casing\nRUN ${loop}\n`, { noCache: true })
    const events = await buildOnce(engine, request)
    const numbers = Array.from({ length: 20_000 }, (_, at) => `${at}\n`)
    expect(printed(events) === `${numbers.join('')}unended`).toBe(true)
    const warnings = events.filter(({ kind }) => kind === 'build-warning')
    // That of 20.10 warns of nothing.
    const reported = [{ kind: 'build-warning', message: expect.stringContaining('FromAsCasing'), line: 2 }]
    expect(warnings).toEqual(kind === OLDEST ? [] : reported)
  })

  test('gives the image its labels, builds a target, and pushes it in the media types requested', async () => {
    await using engine = connectBuilder({ env: process.env, ...options })
    const destination = uniqueName(registry.host)
    const request = buildHere(`FROM ${base} AS first\nRUN true\nFROM first\nRUN exit 1\n`, {
      destination,
      platform: platform('linux/arm/v7'),
      target: 'first',
      labels: { 'com.example.word': 'a "b" €' },
      mediaTypes: 'docker',
    })
    await using built = await engine.build(request)
    const digest = await built.push()
    const { architecture, variant, config } = await fetchConfig(registry.url, destination.repository, digest)
    expect({ architecture, variant }).toEqual({ architecture: 'arm', variant: 'v7' })
    expect(config?.Labels).toMatchObject({ 'com.example.word': 'a "b" €' })
    const manifest = await fetch(`${registry.url}/v2/${destination.repository}/manifests/${digest}`, {
      headers: { accept: MEDIA_TYPES.dockerManifest },
    })
    expect(manifest.headers.get('content-type')).toBe(MEDIA_TYPES.dockerManifest)
  })

  test('copies files of several paths, and those that patterns match', async () => {
    await using engine = connectBuilder({ env: process.env, ...options })
    const files = { 'a.txt': 'a', 'b, c.txt': 'bc', 'd/e.md': 'e', 'd/f.log': 'f', g: 'g' }
    const copies = 'COPY *.txt d/*.md /c/\nCOPY ["b, c.txt", "g", "/d/"]\nRUN cat /c/* /d/*\n'
    const events = await buildOnce(engine, buildHere(`FROM ${base}\n${copies}`, { files, noCache: true }))
    expect(printed(events)).toBe('abcebcg')
  })

  testOnBackends('pushes a result whose name another run has removed', async () => {
    await using engine = connectBuilder({ env: process.env, ...options })
    const destination = uniqueName(registry.host)
    await using built = await engine.build(buildHere(`FROM ${base}\nRUN true\n`, { destination }))
    await engine.images?.untag(destination)
    expect(await built.push()).toMatch(/^sha256:/)
  })

  testOnBackends('concurrent builds with equal results do not remove them from each other', async () => {
    await using engine = connectBuilder({ env: process.env, ...options })
    const dockerfile = `FROM ${base}\nRUN echo ${randomUUID()} > /same\n`
    const builds = Array.from({ length: 8 }, async () => {
      await using built = await engine.build(buildHere(dockerfile))
      return built.push()
    })
    expect(new Set(await Promise.all(builds)).size).toBe(1)
  })

  testOnBackends('reports the names that the build resolved, also from the cache', async () => {
    await using engine = connectBuilder({ env: process.env, ...options })
    const target = { url: registry.url, repository: 'tool' }
    const tool = await busyboxImage({ platform: platform('linux/amd64'), files: { v: 'tool' } })
    await pushTinyImage(target, tool, '1')
    const tool1 = `${registry.host}/tool:1`
    const dockerfile = `FROM ${base}\nCOPY --from=${tool1} /v /v\n`
    // Old versions pull what COPY names without reporting its digest.
    const digest = kind === OLDEST ? undefined : tool.manifest.descriptor.digest
    for (const noCache of [true, false]) {
      await using built = await engine.build(buildHere(dockerfile, { noCache }))
      expect(built.sources).toEqual([{ kind: 'image', name: tool1, digest }])
    }
  })

  testOnBackends('resolves a pinned name to its pinned image, wherever it is named', async () => {
    await using engine = connectBuilder({ env: process.env, ...options })
    const { features } = await engine.describe()
    const target = { url: registry.url, repository: 'pinned' }
    const [pinned, moved] = await Promise.all(
      ['pinned', 'moved'].map((v) => busyboxImage({ platform: platform('linux/amd64'), files: { v } })),
    )
    for (const image of [pinned, moved]) if (image) await pushTinyImage(target, image, '1')
    const [tag, digest] = [`${registry.host}/pinned:1`, pinned?.manifest.descriptor.digest]
    const pins = [{ name: tag, pinned: `${tag}@${digest}` }]
    const dockerfile = `FROM ${tag} AS first\nFROM ${base}\nCOPY --from=first /v /one\nCOPY --from=${tag} /v /two\nRUN cat /one /two\n`
    const events = await buildOnce(engine, buildHere(dockerfile, { pins, noCache: true }))
    // Without a source policy, the pinned file takes its place.
    expect(printed(events)).toBe(features.sourcePolicy ? 'pinnedpinned' : 'movedmoved')
  })

  testOnBackends('a failed step is named with its line and the end of its output', async () => {
    await using engine = connectBuilder({ env: process.env, ...options })
    const dockerfile = `FROM ${base}\n\nRUN true && \\\n    true\nRUN for i in 1 2 3; do echo "line $i"; done; exit 7\n`
    const named = { name: 'dockerfileInline', text: dockerfile, file: 'Dockerfile', pinnedFile: 'Dockerfile' }
    const building = engine.build(buildHere(dockerfile, { dockerfile: named }))
    const error: unknown = await building.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'EngineError', code: 'BUILD_FAILED' })
    const { message } = error as Error
    expect(message).toContain('failed at dockerfileInline:5')
    expect(message).toContain('RUN for i in')
    expect(message).toContain('| line 3')
  })

  testOnBackends('a Dockerfile that cannot be parsed fails the build', async () => {
    await using engine = connectBuilder({ env: process.env, ...options })
    await expect(engine.build(buildHere('FRON scratch\n'))).rejects.toMatchObject({ code: 'BUILD_FAILED' })
  })

  test('a context that cannot be read fails the build with the reason', async () => {
    await using engine = connectBuilder({ env: process.env, ...options })
    const request = buildHere('FROM scratch\nCOPY . /\n')
    const gone = new EngineError('CONTEXT_UNREADABLE', 'the disk is gone')
    const context = { list: () => Promise.reject(gone) }
    const directories = { ...request.inputs.directories, context }
    await expect(engine.build({ ...request, inputs: { ...request.inputs, directories } })).rejects.toBe(gone)
  })

  test('cancelling stops the step that runs on the engine', async () => {
    await using engine = connectBuilder({ env: process.env, ...options })
    const controller = new AbortController()
    // The lock is held as long as the step lives: the second build gets it once the first one is really gone.
    const id = randomUUID()
    const locked = (command: string) =>
      buildHere(`FROM ${base}\nRUN --mount=type=cache,id=${id},sharing=locked,target=/lock ${command}\n`, {
        noCache: true,
      })
    const building = engine.build(locked('echo running; sleep 600'), {
      signal: controller.signal,
      onEvent: (event) => {
        if (event.kind === 'build-log') controller.abort()
      },
    })
    await expect(building).rejects.toMatchObject({ name: 'CancelledError', code: 'CANCELLED' })
    const next = locked('true')
    await buildOnce(engine, next)
  })

  test('requests one login for each registry that a build pulls from, and no other', async () => {
    await using first = await startDebianRegistry({
      auth: 'htpasswd',
      login: { username: 'ann', password: 'one+/1?>' },
    })
    await using second = await startDebianRegistry({ auth: 'htpasswd', login: { username: 'bob', password: 'two:2' } })
    const [firstBase, secondBase] = [
      await pushBase(first, { ...unheardOf(), 'from-first': 'first' }),
      await pushBase(second, { ...unheardOf(), 'from-second': 'second' }),
    ]
    const { engine, asked } = engineWithLogins({ [first.host]: first.login, [second.host]: second.login }, options)
    await using _ = engine
    const dockerfile = `FROM ${firstBase} AS first\nFROM ${secondBase}\nCOPY --from=first /from-first /\nRUN cat /from-first /from-second\n`
    const events = await buildOnce(engine, buildHere(dockerfile, { noCache: true }))
    expect(printed(events)).toBe('firstsecond')
    expect(new Set(asked)).toEqual(new Set([first.host, second.host]))
  })

  testOnBackends('a login of another registry is not used', async () => {
    await using closed = await startDebianRegistry({ auth: 'htpasswd' })
    const closedBase = await pushBase(closed, unheardOf())
    const { engine } = engineWithLogins({ [registry.host]: closed.login }, options)
    await using _ = engine
    await expect(engine.build(buildHere(`FROM ${closedBase}\nRUN true\n`))).rejects.toMatchObject({
      code: 'BUILD_FAILED',
      hint: expect.stringContaining('that you are logged in'),
    })
  })

  testOnBackends('an error of the credential store ends the build and is reported', async () => {
    await using closed = await startDebianRegistry({ auth: 'htpasswd' })
    const closedBase = await pushBase(closed, unheardOf())
    const unreadable = new RegistryError('CREDENTIALS_UNREADABLE', 'the keychain is locked')
    await using engine = connectBuilder({
      env: process.env,
      ...options,
      credentials: { find: () => Promise.reject(unreadable) },
    })
    await expect(engine.build(buildHere(`FROM ${closedBase}\nRUN true\n`))).rejects.toBe(unreadable)
  })

  test('reports whether the builder reaches a registry, which need not have the image', async () => {
    await using engine = connectBuilder({ env: process.env, ...options })
    const reached = engine.requireRegistry(uniqueName(registry.host))
    // By its address, a builder on another machine has another loopback.
    if (['buildkitd over ssh', 'buildkitd in a pod'].includes(kind)) await expect(reached).rejects.toThrow('loopback')
    else await reached
    const nowhere = uniqueName(`127.0.0.1:${await freePort()}`)
    await expect(engine.requireRegistry(nowhere)).rejects.toMatchObject({
      code: 'ENGINE_CANNOT_REACH_REGISTRY',
      message: expect.stringContaining(nowhere.registry),
    })
  })

  test('remembers the images that it has built, with their times', async () => {
    await using engine = connectBuilder({ env: process.env, ...options })
    const request = buildHere('FROM scratch\nCOPY note /\n', { files: { note: randomUUID() } })
    await buildOnce(engine, request)
    const past = await engine.pastBuilds?.()
    const time = past?.get(pastBuildKey(formatRepository(request.destination), 'linux/amd64'))
    // BuildKit 0.8 keeps no history.
    if (kind === OLDEST) expect(past?.size).toBe(0)
    else expect(time).toBeGreaterThan(0)
  })

  test('reports its workers, its cache, and a clock in step with this machine', async () => {
    await using engine = connectBuilder({ env: process.env, ...options })
    const { workers, cache, clockOffset } = await engine.inspect()
    expect(workers.flatMap(({ platforms }) => platforms.map(formatPlatform))).toContain('linux/amd64')
    expect(cache.size).toBeGreaterThan(0)
    expect(cache.inUse).toBeLessThanOrEqual(cache.size)
    expect(clockOffset).toBe(0)
    const limits = workers.flatMap(({ gcRules }) => gcRules.map(({ maxUsedSpace }) => maxUsedSpace > 0))
    expect(limits.includes(true)).toBe(kind !== OLDEST)
  })

  test('reports its description', async () => {
    await using engine = connectBuilder({ env: process.env, ...options })
    const info = await engine.describe()
    expect(info).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+/), native: { architecture: 'amd64' } })
    expect(info.runnable?.map(formatPlatform)).toEqual(
      expect.arrayContaining(['linux/amd64', 'linux/arm/v7', 'linux/arm64']),
    )
  })
})
