import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushManifest, pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { type TinyImage, tinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import { fromImage, lock, type Pipeline, pipeline, plan, platform } from '../../src/index.js'
import { startRegistry } from '../../src/registry-server/index.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const ARM = { os: 'linux', architecture: 'arm', variant: 'v7' }

describe('a lock', () => {
  const cleanup = new Cleanup()
  const seen: string[] = []
  let directory: string
  let file: string
  let here: { readonly host: string; readonly url: string }
  let base: string
  let helper: string

  beforeAll(async () => {
    directory = cleanup.use(await tempFolder('lock')).path
    file = join(directory, 'polyarch.lock')
    here = cleanup.use(
      await startRegistry({
        directory: join(directory, 'registry'),
        onRequest: ({ method, path }) => seen.push(`${method} ${path}`),
      }),
    )
    ;[base, helper] = [`${here.host}/base:1`, `${here.host}/helper:1`]
    await mkdir(join(directory, 'app'))
    await writeFile(
      join(directory, 'app/Dockerfile'),
      `ARG BASE_IMAGE\nFROM \${BASE_IMAGE}\nCOPY --from=${helper} /x /x\n`,
    )
  })
  beforeEach(async () => {
    await rm(file, { force: true })
    await publish('base', 'one')
    await publish('helper', 'one')
    seen.length = 0
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  /** An index over both platforms, of which one can be another. */
  async function publish(repository: string, content: string, arm = content): Promise<readonly TinyImage[]> {
    const images = [
      await tinyImage({ platform: AMD64, files: { x: content } }),
      await tinyImage({ platform: ARM, files: { x: arm } }),
    ]
    for (const image of images) await pushTinyImage({ url: here.url, repository }, image)
    await pushManifest({ url: here.url, repository }, tinyIndex(images), '1')
    return images
  }

  function app(name = base): Pipeline {
    return pipeline(`${here.host}/team/app`)
      .platforms(
        platform('amd64', { base: fromImage(name) }),
        platform('arm', { variant: 'v7', base: fromImage(name) }),
      )
      .build({ context: 'app' })
      .tags('1.0')
  }

  /** The key of each image, as a plan computes it: no engine is asked for that. */
  async function keys(options: { readonly frozen?: boolean } = {}) {
    const engine = { host: 'unix:///nowhere/docker.sock' }
    const { nodes, notes } = await plan(app(), { directory, engine, ...options })
    return { keys: nodes.filter(({ kind }) => kind === 'image').map(({ key }) => key), notes }
  }

  it('is written with a line for each name and platform, and the same again', async () => {
    const { changes, entries } = await lock(app(), { directory })
    expect(entries).toBe(4)
    expect(changes.map(({ change, kind, name, platform }) => `${change} ${kind} ${name} ${platform}`)).toEqual([
      `added base ${base} linux/amd64`,
      `added base ${base} linux/arm/v7`,
      `added image ${helper} linux/amd64`,
      `added image ${helper} linux/arm/v7`,
    ])
    const text = await readFile(file, 'utf8')
    expect(await lock(app(), { directory })).toMatchObject({ entries: 4, changes: [] })
    expect(await readFile(file, 'utf8')).toBe(text)
    expect(seen.filter((request) => !/^(GET|HEAD) /.test(request))).toEqual([])
  })

  it('decides, and the plan notes what has moved upstream', async () => {
    await lock(app(), { directory })
    const before = await keys()
    expect(before.notes).toEqual([])
    await publish('base', 'two')
    await publish('helper', 'two')
    const after = await keys()
    expect(after.keys).toEqual(before.keys)
    expect(after.notes).toEqual([
      expect.stringMatching(new RegExp(`^${base} has moved from sha256:.* to sha256:.* since it was locked`)),
      expect.stringContaining(`${helper} has moved`),
    ])
  })

  it('plans the same with and without a lock for a base in its own repository that nobody has checked', async () => {
    await publish('team/there', 'one')
    const there = pipeline(`${here.host}/team/there`)
      .platforms(platform('amd64', { base: fromImage(base) }))
      .build({ context: 'app' })
      .tags('1.0')
    const engine = { host: 'unix:///nowhere/docker.sock' }
    const actions = async () =>
      (await plan(there, { directory, engine })).nodes.map(({ kind, action }) => `${kind}: ${action}`)
    const unlocked = await actions()
    await lock(there, { directory })
    expect(await actions()).toEqual(unlocked)
    expect(unlocked).toContain('base: mount')
  })

  it('is refreshed by name, for what has moved alone', async () => {
    await lock(app(), { directory })
    const before = await keys()
    const [, arm] = await publish('base', 'one', 'two')
    await publish('helper', 'two')
    const { changes } = await lock(app(), { directory, update: [base] })
    expect(changes).toMatchObject([
      { change: 'moved', kind: 'base', name: base, platform: 'linux/arm/v7', to: arm?.manifest.descriptor.digest },
    ])
    const after = await keys()
    expect(after.keys[0]).toBe(before.keys[0])
    expect(after.keys[1]).not.toBe(before.keys[1])
    const all = await lock(app(), { directory, update: true })
    expect(all.changes.map(({ kind }) => kind)).toEqual(['image', 'image'])
    await expect(lock(app(), { directory, update: ['nobody'] })).rejects.toMatchObject({
      code: 'USAGE',
      hint: `it has ${base}, ${helper}`,
    })
  })

  it('frozen, has to have every name; else the plan notes what it lacks', async () => {
    await expect(keys({ frozen: true })).rejects.toMatchObject({
      code: 'LOCK_INCOMPLETE',
      issues: expect.arrayContaining([
        { path: 'polyarch.lock', message: expect.any(String), hint: expect.any(String) },
      ]),
    })
    await lock(app(), { directory })
    const whole = await readFile(file, 'utf8')
    await writeFile(file, whole.replace(/^image .* linux\/amd64 .*\n/m, ''))
    const { notes } = await keys()
    expect(notes).toEqual([`${helper} for linux/amd64 is not in polyarch.lock: run \`npx tsx build.ts lock\``])
    await expect(keys({ frozen: true })).rejects.toMatchObject({
      code: 'LOCK_INCOMPLETE',
      message: expect.stringContaining(`it does not have ${helper} for linux/amd64`),
    })
    await writeFile(file, whole)
    expect((await keys({ frozen: true })).notes).toEqual([])
  })

  it('of a newer version is rejected, and not overwritten', async () => {
    await writeFile(file, 'polyarch.lock version 9\n')
    await expect(keys()).rejects.toMatchObject({ code: 'LOCK_INVALID' })
    await expect(lock(app(), { directory })).rejects.toMatchObject({ code: 'LOCK_INVALID' })
    expect(await readFile(file, 'utf8')).toBe('polyarch.lock version 9\n')
  })

  it('holds what the config of a base states, and judges it by the policy of today', async () => {
    const liar = `${here.host}/liar:1`
    await pushTinyImage({ url: here.url, repository: 'liar' }, await tinyImage({ platform: AMD64 }), '1')
    const on = (configPolicy: 'trust-declared' | 'require-match') =>
      pipeline(`${here.host}/team/app`)
        .platforms(platform('arm', { variant: 'v7', base: fromImage(liar, { configPolicy }) }))
        .build({ context: 'app' })
        .tags('1.0')
    await lock(on('trust-declared'), { directory })
    expect(await readFile(file, 'utf8')).toContain('config=linux/amd64 policy=trust-declared')
    const engine = { host: 'unix:///nowhere/docker.sock' }
    const { notes } = await plan(on('trust-declared'), { directory, engine })
    expect(notes).toContainEqual(expect.stringContaining('the declared platform is used'))
    await expect(plan(on('require-match'), { directory, engine })).rejects.toMatchObject({ code: 'PLATFORM_MISMATCH' })
  })
})
