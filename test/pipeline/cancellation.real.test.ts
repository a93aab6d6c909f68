import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Docker from 'dockerode'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  CancelledError,
  execute,
  fromImage,
  type Pipeline,
  pipeline,
  platform,
  type RunEvent,
} from '../../packages/core/src/index.js'
import { Cleanup } from '../support/cleanup.js'
import { type DebianRegistry, startDebianRegistry } from '../support/debian-registry.js'
import { tempFolder } from '../support/temp-folder.js'
import { type Gate, startGate } from './gate.js'
import { AMD64, ARM, pushBase, writeContext } from './project.js'
import { keyTagsOf, namesOf, tagsOf } from './published.js'

describe('a run that is cancelled', () => {
  const cleanup = new Cleanup()
  let registry: DebianRegistry
  let gate: Gate
  let directory: string
  let bases: readonly string[]

  beforeAll(async () => {
    directory = cleanup.use(await tempFolder('cancellation')).path
    registry = cleanup.use(await startDebianRegistry())
    const files = { unheard: randomUUID() }
    bases = await Promise.all(
      [AMD64, ARM].map((one) =>
        pushBase({ ...registry, repository: `bases/${one.architecture}` }, { platform: one, files }),
      ),
    )
    gate = cleanup.use(await startGate())
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  async function appNamed(name: string, line: string): Promise<Pipeline> {
    const context = await writeContext(join(directory, name), `ARG BASE_IMAGE\nFROM \${BASE_IMAGE}\n${line}`)
    const [wide = '', narrow = ''] = bases
    return pipeline(`${registry.host}/cancelled/${name}`)
      .sharedBase(`${registry.host}/cancelled/${name}-base:1`)
      .platforms(
        platform('amd64', { base: fromImage(wide) }),
        platform('arm', { variant: 'v7', base: fromImage(narrow) }),
      )
      .build({ context, network: 'host' })
      .tags('1.0')
  }

  /** Contexts are packed into files there, which a cancelled run has to remove. */
  async function ownTemporaryFolder(): Promise<string> {
    const folder = await tempFolder('cancelled')
    vi.stubEnv('TMPDIR', folder.path)
    onTestFinished(async () => {
      vi.unstubAllEnvs()
      await folder[Symbol.asyncDispose]()
    })
    return folder.path
  }

  it('in the middle of a build ends on the engine too, and leaves no name and nothing else', async () => {
    const temporary = await ownTemporaryFolder()
    // The test is in the same machine as the engine, so that the processes of a build are seen from here.
    const app = await appNamed('building', `RUN ${gate.command('both-$(uname -m)')}`)
    const stop = new AbortController()
    const events: RunEvent[] = []
    const run = execute(app, { signal: stop.signal, onEvent: (event) => events.push(event) })
    run.catch(() => {})
    await gate.waitFor(['both-armv7l', 'both-x86_64'], run)
    expect(await commandLinesWith(gate.url)).not.toEqual([])
    stop.abort(new Error('enough'))
    const error = await run.catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(CancelledError)
    expect(error).toMatchObject({ code: 'CANCELLED', cause: new Error('enough') })
    await vi.waitUntil(async () => (await commandLinesWith(gate.url)).length === 0, { timeout: 60_000 })
    await vi.waitUntil(() => gate.waiting().length === 0, { timeout: 60_000 })
    expect(events.at(-1)).toMatchObject({ kind: 'run-finished', outcome: 'cancelled' })
    expect(events.filter(({ kind }) => kind === 'node-skipped' || kind === 'node-failed')).toMatchObject([
      { kind: 'node-skipped', because: 'cancelled' },
      { kind: 'node-skipped', because: 'cancelled' },
    ])
    // The record of a context is there before its build, and is the next run's.
    const left = await tagsOf(registry.url, 'cancelled/building')
    expect(left.filter((tag) => !tag.startsWith('polyarch-context-'))).toEqual([])
    expect(await namesOf(registry.url, 'cancelled/building-base')).toEqual([])
    expect(await engineNames(registry.host)).toEqual([])
    expect(await readdir(temporary)).toEqual([])
  })

  it('keeps what was finished for the next run, which does the rest', async () => {
    const app = await appNamed('half', `RUN test "$(uname -m)" = x86_64 || ${gate.command('arm')}`)
    const stop = new AbortController()
    const run = execute(app, {
      signal: stop.signal,
      onEvent: (event) => {
        if (event.kind === 'node-finished' && event.node === 'half image(linux/amd64)') stop.abort()
      },
    })
    await expect(run).rejects.toBeInstanceOf(CancelledError)
    expect(await keyTagsOf(registry.url, 'cancelled/half')).toHaveLength(1)
    expect(await tagsOf(registry.url, 'cancelled/half')).not.toContainEqual(expect.not.stringMatching(/^polyarch-/))
    gate.open()
    onTestFinished(() => gate.close())
    const report = await execute(app)
    expect(report.nodes.map(({ node, outcome }) => [node, outcome])).toEqual([
      ['half base(linux/amd64)', 'reused'],
      ['half base(linux/arm/v7)', 'reused'],
      ['half base index', 'reused'],
      ['half image(linux/amd64)', 'reused'],
      ['half image(linux/arm/v7)', 'made'],
      ['half index', 'made'],
    ])
    expect(await tagsOf(registry.url, 'cancelled/half')).toContain('1.0')
  })

  it('while bases are copied has built nothing, and the next run copies what is missing', async () => {
    const app = await appNamed('copying', '')
    const stop = new AbortController()
    const events: RunEvent[] = []
    const run = execute(app, {
      signal: stop.signal,
      onEvent: (event) => {
        events.push(event)
        if (event.kind === 'node-started') stop.abort()
      },
    })
    await expect(run).rejects.toBeInstanceOf(CancelledError)
    expect(events.filter(({ kind }) => kind === 'node-started')).not.toContainEqual(
      expect.objectContaining({ node: expect.stringContaining('image(') }),
    )
    expect(await namesOf(registry.url, 'cancelled/copying-base')).toEqual([])
    await execute(app)
    expect(await namesOf(registry.url, 'cancelled/copying-base')).toEqual(['1'])
  })

  it('before it starts sends no request', async () => {
    const app = await appNamed('never', '')
    const before = (await registry.requests()).length
    await expect(execute(app, { signal: AbortSignal.abort() })).rejects.toBeInstanceOf(CancelledError)
    expect(await registry.requests()).toHaveLength(before)
  })
})

/** Command lines of processes of this machine that contain a text. */
async function commandLinesWith(text: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  // A process may be gone before it is read.
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return lines.filter((line) => line.includes(text))
}

/** Names of images in the engine that begin with a registry's host. */
async function engineNames(host: string): Promise<readonly string[]> {
  const images = await new Docker().listImages({ all: true })
  return images.flatMap(({ RepoTags }) => RepoTags ?? []).filter((name) => name.startsWith(host))
}
