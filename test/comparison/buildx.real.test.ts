import { randomUUID } from 'node:crypto'
import { chmod, link, mkdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { execute, fromImage, type Pipeline, pipeline, plan, platform } from '../../packages/core/src/index.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { ENGINES, engineHost } from '../../packages/core/test/builder/engines.js'
import { AMD64, pushBase } from '../pipeline/project.js'
import { runBuildx } from '../support/buildx.js'
import { busyboxImage } from '../support/busybox-image.js'
import { runProgram } from '../support/child.js'
import { Cleanup } from '../support/cleanup.js'
import { pushTinyImage } from '../support/push-tiny.js'
import { tempFolder } from '../support/temp-folder.js'
import { packFiles } from '../support/tiny-image.js'
import type { BuildCase, CaseFile } from './build-case.js'
import { CASES } from './cases.js'
import { imageContent } from './image-content.js'

const NAMES = new Map(CASES.map((one, index) => [one, `c${index}`]))

function nameOf(one: BuildCase): string {
  return NAMES.get(one) ?? ''
}

/** Puts a file of a context in its place. All are dated alike, unless the case says otherwise. */
async function writeCaseFile(context: string, name: string, file: CaseFile): Promise<void> {
  const isRaw = typeof file === 'object' && 'rawName' in file
  const path = isRaw ? Buffer.concat([Buffer.from(`${context}/`), Buffer.from(name, 'latin1')]) : join(context, name)
  await mkdir(dirname(join(context, name)), { recursive: true })
  if (typeof file === 'object' && 'linkTo' in file) return symlink(file.linkTo, path)
  if (typeof file === 'object' && 'hardLinkTo' in file) return link(join(context, file.hardLinkTo), path)
  if (typeof file === 'object' && 'directory' in file) {
    await mkdir(path)
    return chmod(path, file.directory)
  }
  const {
    content = '',
    mode = 0o644,
    date = '2024-01-01T00:00:00Z',
    capability,
  } = typeof file === 'string' ? { content: file } : file
  await writeFile(path, content === 'archive' ? await packFiles({ 'in/archive': 'x' }) : content)
  await chmod(path, mode)
  await utimes(path, new Date(date), new Date(date))
  // Only root can set it.
  if (capability !== undefined && process.getuid?.() === 0)
    await runProgram('setcap', [capability, join(context, name)])
}

describe.each(ENGINES)('builds on %s are those of buildx', (engineName) => {
  const age = engineName === ENGINES[0] ? 'older' : 'newer'
  const cases = CASES.filter(({ only = age }) => only === age)
  const refused = CASES.filter((one) => !cases.includes(one))
  const cleanup = new Cleanup()
  /** An image that the engine has not seen in an earlier run. */
  const unheard = randomUUID()
  let folder: string
  let registry: { readonly host: string; readonly url: string }
  let host: string

  beforeAll(async () => {
    folder = cleanup.use(await tempFolder('comparison')).path
    registry = cleanup.use(await startRegistry({ directory: join(folder, 'registry') }))
    host = cleanup.use(await engineHost(engineName)).host
    await pushBase({ ...registry, repository: 'base' }, { platform: AMD64 })
    await pushTools('one')
    await writeFile(join(folder, 'secret'), 'secret text')
    await Promise.all(CASES.map(writeCase))
    await buildBoth()
  }, 300_000)
  afterAll(() => cleanup[Symbol.asyncDispose]())

  async function pushTools(text: string): Promise<void> {
    for (const repository of ['tool', 'tool-amd64']) {
      await pushBase({ ...registry, repository }, { platform: AMD64, files: { v: text, unheard } })
    }
    const config = { OnBuild: [`COPY --from=${registry.host}/tool:1 /v /v`] }
    await pushTinyImage({ ...registry, repository: 'onbuild' }, await busyboxImage({ platform: AMD64, config }), '1')
  }

  async function writeCase(one: BuildCase): Promise<void> {
    const context = join(folder, nameOf(one))
    await mkdir(context)
    const text = one.dockerfile
      .replaceAll('TOOL', 'HOST/tool:1')
      .replaceAll('SHARED', sharedBase(one))
      .replaceAll('HOST', registry.host)
    const files = Object.entries({ Dockerfile: text, ...one.files })
    for (const [name, file] of files) await writeCaseFile(context, name, file)
  }

  function sharedBase(one: BuildCase): string {
    return `${registry.host}/${nameOf(one)}-from:1`
  }

  function pipelineOf(one: BuildCase): Pipeline {
    const name = nameOf(one)
    return pipeline(`${registry.host}/${name}`)
      .sharedBase(sharedBase(one))
      .platforms(platform('amd64', { base: fromImage(`${registry.host}/base:1`) }))
      .build({ network: 'none', ...one.build, context: name })
      .tags('polyarch')
  }

  async function buildBoth(): Promise<void> {
    const options = { directory: folder, engine: { host } }
    await execute(...cases.map(pipelineOf), options)
    const target = Object.fromEntries(await Promise.all(cases.map(async (one) => [nameOf(one), await targetOf(one)])))
    const file = join(folder, 'bake.json')
    await writeFile(file, JSON.stringify({ group: { default: { targets: Object.keys(target) } }, target }))
    const args = ['--file', file, '--push', '--allow', `fs.read=${folder}`, '--provenance=false']
    await runBuildx({ host, folder }, 'bake', ...args)
  }

  async function targetOf(one: BuildCase): Promise<Readonly<Record<string, unknown>>> {
    const { args, ...settings } = one.bake ?? {}
    const { digest } = await inspect(sharedBase(one))
    const base = `${registry.host}/${nameOf(one)}-from@${digest}`
    return {
      context: nameOf(one),
      tags: [`${registry.host}/${nameOf(one)}:buildx`],
      network: 'none',
      args: { BASE_IMAGE: base, ...(args as object | undefined) },
      ...settings,
    }
  }

  async function expectEqual(one: BuildCase): Promise<void> {
    const repository = `${registry.url}/v2/${nameOf(one)}`
    const [own, theirs] = await Promise.all([imageContent(repository, 'polyarch'), imageContent(repository, 'buildx')])
    expect(own).toEqual(theirs)
  }

  it.each(cases)('$what', expectEqual)

  it.each(refused)('$what: rejected', async (one) => {
    const running = execute(pipelineOf(one), { directory: folder, engine: { host } })
    const reason =
      age === 'older'
        ? { code: 'BUILD_FAILED' }
        : { code: 'CONTEXT_UNREADABLE', message: expect.stringContaining('caf\\xE9') }
    await expect(running).rejects.toMatchObject(reason)
    const image = { context: nameOf(one), output: ['type=cacheonly'], args: { BASE_IMAGE: `${registry.host}/base:1` } }
    await writeFile(join(folder, 'one.json'), JSON.stringify({ target: { default: image } }))
    await expect(
      runBuildx({ host, folder }, 'bake', '--file', 'one.json', '--allow', `fs.read=${folder}`),
    ).rejects.toThrow()
  })

  it('and images that the Dockerfile uses lead to another build when they move', async () => {
    await pushTools('two')
    const { nodes } = await plan(...cases.map(pipelineOf), { directory: folder, engine: { host } })
    const rebuilt = nodes.filter(({ kind, action }) => kind === 'image' && action !== 'reuse')
    const expected = cases.filter(({ usesTool }) => usesTool)
    expect(rebuilt.map(({ pipeline: name }) => name).sort()).toEqual(expected.map(nameOf).sort())
    await buildBoth()
    for (const one of expected) await expectEqual(one)
  }, 300_000)
})
