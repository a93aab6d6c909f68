import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { type DebianRegistry, startDebianRegistry } from '../../../../test/support/debian-registry.js'
import { connectEngine } from '../../src/builder/connect.js'
import { EngineError } from '../../src/model/errors.js'
import type { EngineEvent } from '../../src/model/events.js'
import {
  buildOf,
  ENGINES,
  engineHost,
  engineWithLogins,
  fetchConfig,
  platform,
  printed,
  pushBase,
  unheardOf,
  uniqueName,
} from './engines.js'

describe.each(ENGINES)('%s', (name) => {
  const cleanup = new Cleanup()
  let host: string
  let registry: DebianRegistry
  /** `FROM` this for a shell, on amd64 and arm/v7. */
  let base: string

  beforeAll(async () => {
    host = cleanup.use(await engineHost(name)).host
    registry = cleanup.use(await startDebianRegistry())
    base = await pushBase(registry)
  })

  afterAll(() => cleanup[Symbol.asyncDispose]())

  test('builds for a platform, natively and emulated, and tells every step and all output', async () => {
    await using engine = connectEngine({ host })
    for (const [name, machine] of [
      ['linux/amd64', 'x86_64'],
      ['linux/arm/v7', 'armv7l'],
    ] as const) {
      const events: EngineEvent[] = []
      const request = buildOf(
        `FROM ${base}\nARG WORD TARGETPLATFORM\nCOPY note /\nRUN echo "$WORD from $TARGETPLATFORM on $(uname -m)"; cat /note >&2; printf unended`,
        { platform: platform(name), args: { WORD: 'grüße' }, files: { note: 'a note\n' }, noCache: true },
      )
      const { imageId } = await engine.build(request, { onEvent: (event) => events.push(event) })
      await engine.untag(request.name)
      expect(imageId).toMatch(/^sha256:[a-f0-9]{64}$/)
      expect(printed(events)).toContain(`grüße from ${name} on ${machine}\n`)
      expect(printed(events)).toContain('a note\n')
      expect(printed(events)).toContain('unended')
      const run = events.filter((event) => event.kind === 'build-step' && event.name.includes('RUN echo'))
      expect(run).toMatchObject([{ status: 'started' }, { status: 'done' }])
    }
  })

  test('tells all of many thousand lines a second, to the very end, and what the frontend warns of, with its line', async () => {
    await using engine = connectEngine({ host })
    const events: EngineEvent[] = []
    const loop = 'i=0; while [ $i -lt 20000 ]; do echo $i; i=$((i+1)); done; printf unended'
    const request = buildOf(`# a comment\nFROM ${base} as casing\nRUN ${loop}\n`, { noCache: true })
    await engine.build(request, { onEvent: (event) => events.push(event) })
    await engine.untag(request.name)
    const numbers = Array.from({ length: 20_000 }, (_, at) => `${at}\n`)
    expect(printed(events) === `${numbers.join('')}unended`).toBe(true)
    const warnings = events.filter(({ kind }) => kind === 'build-warning')
    // That of 20.10 warns of nothing.
    const told = [{ kind: 'build-warning', message: expect.stringContaining('FromAsCasing'), line: 2 }]
    expect(warnings).toEqual(name === ENGINES[0] ? [] : told)
  })

  test('gives the image its labels, and builds a target in a named file', async () => {
    await using engine = connectEngine({ host })
    const name = uniqueName(registry.host)
    const request = buildOf('not this one', {
      name,
      platform: platform('linux/arm/v7'),
      dockerfile: 'sub/My.Dockerfile',
      target: 'first',
      labels: { 'com.example.word': 'a "b" €' },
      files: { 'sub/My.Dockerfile': `FROM ${base} AS first\nRUN true\nFROM first\nRUN exit 1\n` },
    })
    await engine.build(request)
    const digest = await engine.push(name, request.platform)
    await engine.untag(name)
    const { architecture, variant, config } = await fetchConfig(registry.url, name.repository, digest)
    expect({ architecture, variant }).toEqual({ architecture: 'arm', variant: 'v7' })
    expect(config?.Labels).toMatchObject({ 'com.example.word': 'a "b" €' })
  })

  test('a failed step is named with its line and the end of its output', async () => {
    await using engine = connectEngine({ host })
    const dockerfile = `FROM ${base}\n\nRUN true && \\\n    true\nRUN for i in 1 2 3; do echo "line $i"; done; exit 7\n`
    const building = engine.build(buildOf(dockerfile, { dockerfileName: 'dockerfileInline' }))
    const error: unknown = await building.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'EngineError', code: 'BUILD_FAILED' })
    const { message } = error as Error
    expect(message).toContain('failed at dockerfileInline:5')
    expect(message).toContain('RUN for i in')
    expect(message).toContain('| line 3')
  })

  test('a Dockerfile that cannot be parsed fails the build', async () => {
    await using engine = connectEngine({ host })
    await expect(engine.build(buildOf('FRON scratch\n'))).rejects.toMatchObject({ code: 'BUILD_FAILED' })
  })

  test('a context that cannot be read to its end is told as such', async () => {
    await using engine = connectEngine({ host })
    const openContext = () =>
      Readable.from(
        (async function* () {
          yield Buffer.alloc(512)
          throw new Error('the disk is gone')
        })(),
      )
    await expect(engine.build(buildOf('', { openContext }))).rejects.toMatchObject({
      code: 'CONTEXT_UNREADABLE',
      message: expect.stringContaining('the disk is gone'),
    })
  })

  test('cancelling stops the step that runs on the engine', async () => {
    await using engine = connectEngine({ host })
    const controller = new AbortController()
    // The lock is held as long as the step lives: the second build gets it once the first one is really gone.
    const id = randomUUID()
    const locked = (command: string) =>
      buildOf(`FROM ${base}\nRUN --mount=type=cache,id=${id},sharing=locked,target=/lock ${command}\n`, {
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
    await engine.build(next)
    await engine.untag(next.name)
  })

  test('each registry that a build pulls from gets its own login, and no other is asked for', async () => {
    await using first = await startDebianRegistry({
      auth: 'htpasswd',
      login: { username: 'ann', password: 'one+/1?>' },
    })
    await using second = await startDebianRegistry({ auth: 'htpasswd', login: { username: 'bob', password: 'two:2' } })
    const [firstBase, secondBase] = [
      await pushBase(first, { ...unheardOf(), 'from-first': 'first' }),
      await pushBase(second, { ...unheardOf(), 'from-second': 'second' }),
    ]
    const { engine, asked } = engineWithLogins({ [first.host]: first.login, [second.host]: second.login }, { host })
    await using _ = engine
    const dockerfile = `FROM ${firstBase} AS first\nFROM ${secondBase}\nCOPY --from=first /from-first /\nRUN cat /from-first /from-second\n`
    const events: EngineEvent[] = []
    const request = buildOf(dockerfile, { noCache: true })
    await engine.build(request, { onEvent: (event) => events.push(event) })
    await engine.untag(request.name)
    expect(printed(events)).toBe('firstsecond')
    expect(new Set(asked)).toEqual(new Set([first.host, second.host]))
  })

  test('a login that is another registry’s is of no use', async () => {
    await using closed = await startDebianRegistry({ auth: 'htpasswd' })
    const closedBase = await pushBase(closed, unheardOf())
    const { engine } = engineWithLogins({ [registry.host]: closed.login }, { host })
    await using _ = engine
    await expect(engine.build(buildOf(`FROM ${closedBase}\nRUN true\n`))).rejects.toMatchObject({
      code: 'BUILD_FAILED',
      hint: expect.stringContaining('a login is known'),
    })
  })

  test('an error of the credential store ends the build, and is the one that is told', async () => {
    await using closed = await startDebianRegistry({ auth: 'htpasswd' })
    const closedBase = await pushBase(closed, unheardOf())
    const unreadable = new EngineError('CREDENTIALS_UNREADABLE', 'the keychain is locked')
    await using engine = connectEngine({ host, credentials: { find: () => Promise.reject(unreadable) } })
    await expect(engine.build(buildOf(`FROM ${closedBase}\nRUN true\n`))).rejects.toBe(unreadable)
  })
})
