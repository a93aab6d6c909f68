import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  execute,
  fromImage,
  type Pipeline,
  pipeline,
  plan,
  platform,
  type RunEvent,
} from '../../packages/core/src/index.js'
import { copy } from '../../packages/core/src/operations/images/index.js'
import { ENGINES, engineHost } from '../../packages/core/test/builder/engines.js'
import { Cleanup } from '../support/cleanup.js'
import { type DebianRegistry, startDebianRegistry } from '../support/debian-registry.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, pushBase } from './project.js'

/** Prints what each kind of context holds. A context takes the place of the stage `stage`. */
const DOCKERFILE = `ARG BASE_IMAGE
FROM \${BASE_IMAGE} AS stage
RUN false
FROM tools:1 AS tool
FROM \${BASE_IMAGE}
COPY --from=assets note other/ /assets/
COPY --from=stage /word /stage
RUN cat /assets/note /assets/file /stage
RUN --mount=from=assets,target=/mnt ls -A /mnt
RUN --mount=from=tool,target=/mnt cat /mnt/word
`

describe.each(ENGINES)('%s', (name) => {
  const cleanup = new Cleanup()
  let folder: string
  let registry: DebianRegistry
  let host: string
  let app: Pipeline

  beforeAll(async () => {
    folder = cleanup.use(await tempFolder('contexts')).path
    host = cleanup.use(await engineHost(name)).host
    registry = cleanup.use(await startDebianRegistry())
    const base = await pushWord('base', 'of the base')
    await copy(await pushWord('kept', 'of the layout\n'), `oci:${join(folder, 'layout')}:kept`)
    const assets = join(folder, 'assets')
    for (const directory of ['other', 'ignored']) await mkdir(join(assets, directory), { recursive: true })
    await writeFile(join(assets, 'note'), 'the note\n')
    await writeFile(join(assets, 'other', 'file'), 'the file\n')
    await writeFile(join(assets, 'ignored', 'file'), 'ignored')
    await writeFile(join(assets, '.dockerignore'), 'ignored\n')
    const contexts = {
      assets,
      stage: `oci-layout://${join(folder, 'layout')}:kept`,
      'tools:1': `docker-image://${await pushWord('tool', 'the first tool\n')}`,
      unread: join(folder, 'missing'),
    }
    app = pipeline(`${registry.host}/app`)
      .platforms(platform('amd64', { base: fromImage(base) }))
      .build({ context: false, dockerfileInline: DOCKERFILE, network: 'none', contexts })
      .tags('1')
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  async function pushWord(repository: string, word: string): Promise<string> {
    return pushBase({ ...registry, repository }, { platform: AMD64, files: { word } })
  }

  async function build(): Promise<{ readonly printed: string; readonly notes: readonly string[] }> {
    const events: RunEvent[] = []
    await execute(app, { engine: { host }, onEvent: (event) => events.push(event) })
    const work = events.flatMap((event) => (event.kind === 'work' ? [event.event] : []))
    return {
      printed: work.map((event) => (event.kind === 'build-log' ? event.text : '')).join(''),
      notes: work.flatMap((event) => (event.kind === 'note' ? [event.message] : [])),
    }
  }

  /** Why the image would be built again. */
  async function reasons(): Promise<readonly unknown[]> {
    const { nodes } = await plan(app, { engine: { host } })
    return nodes.find(({ kind }) => kind === 'image')?.why ?? []
  }

  it('reads named contexts, or the plan rejects them', async () => {
    if (name === 'the engine of this machine') {
      await expect(execute(app, { engine: { host } })).rejects.toMatchObject({
        code: 'ENGINE_UNSUPPORTED',
        message: expect.stringMatching(
          /^the builder at .*, version 20\.10.* does not support the build option contexts$/,
        ),
      })
      return
    }
    if (name.includes('classic')) {
      await expect(execute(app, { engine: { host } })).rejects.toMatchObject({
        code: 'ENGINE_UNSUPPORTED',
        message: expect.stringMatching(/does not support the build option contexts \(oci-layout\)$/),
      })
      const { contexts } = app.declaration.build
      app = app.build({ contexts: { ...(contexts as object), stage: `docker-image://${registry.host}/kept:1` } })
    }
    const { printed, notes } = await build()
    expect(printed).toContain('the note\nthe file\nof the layout\n')
    expect(printed).toContain('.dockerignore\nnote\nother\n')
    expect(printed).toContain('the first tool\n')
    expect(notes).toContainEqual(expect.stringContaining("no instruction reads the context 'unread'"))
    expect(await reasons()).toEqual([{ kind: 'present' }])

    await writeFile(join(folder, 'assets', 'ignored', 'file'), 'changed')
    expect(await reasons()).toEqual([{ kind: 'present' }])
    await writeFile(join(folder, 'assets', 'note'), 'another note\n')
    expect(await reasons()).toEqual([{ kind: 'setting-changed', name: 'contexts.assets' }])
    expect((await build()).printed).toContain('another note\nthe file\n')

    await pushWord('tool', 'the second tool\n')
    expect(await reasons()).toContainEqual({ kind: 'setting-changed', name: 'contexts.tools:1' })
    expect((await build()).printed).toContain('the second tool\n')

    // Where the engine reads no layouts, the image itself is the context.
    await copy(await pushWord('kept', 'of another layout\n'), `oci:${join(folder, 'layout')}:kept`)
    expect(await reasons()).toContainEqual({ kind: 'setting-changed', name: 'contexts.stage' })
    expect((await build()).printed).toContain('of another layout\n')
    expect(await reasons()).toEqual([{ kind: 'present' }])
  })

  it('builds the pipeline that a context names first, and uses what this run made', async () => {
    if (name === 'the engine of this machine') return
    const base = await pushWord('base', 'of the base')
    const platforms = [platform('amd64', { base: fromImage(base) })]
    const toolsOf = (word: string) =>
      pipeline(`${registry.host}/toolchain`)
        .platforms(...platforms)
        .build({ context: false, dockerfileInline: `ARG BASE_IMAGE\nFROM \${BASE_IMAGE}\nRUN echo ${word} > /tool\n` })
        .tags('1')
    const users = (tools: Pipeline) => {
      const user = pipeline(`${registry.host}/user`)
        .platforms(...platforms)
        .build({ context: false, network: 'none', noCache: true })
        .tags('1')
      const text = 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY --from=tools /tool /\nRUN cat /tool\n'
      const byPipeline = user.build({ dockerfileInline: text, contexts: { tools } })
      const image = `docker-image://${registry.host}/toolchain:1`
      return [[byPipeline], [tools, user.build({ dockerfileInline: text, contexts: { tools: image } })]] as const
    }
    for (const word of ['first', 'second']) {
      for (const pipelines of users(toolsOf(word))) {
        const events: RunEvent[] = []
        await execute(...pipelines, { engine: { host }, onEvent: (event) => events.push(event) })
        const logs = events.flatMap((event) =>
          event.kind === 'work' && event.event.kind === 'build-log' ? [event.event.text] : [],
        )
        expect(logs.join('')).toContain(`${word}\n`)
        const { nodes } = await plan(...pipelines, { engine: { host } })
        expect(nodes.flatMap(({ kind, why }) => (kind === 'image' ? why : []))).toEqual([
          { kind: 'present' },
          { kind: 'present' },
        ])
      }
    }
  })
})
