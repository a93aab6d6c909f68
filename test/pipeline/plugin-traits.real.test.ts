import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { BaseTraits } from '../../packages/core/src/definition/plugin/base-source.js'
import { definePlugin } from '../../packages/core/src/definition/plugin/index.js'
import { execute, type Pipeline, pipeline, platform, type RunEvent } from '../../packages/core/src/index.js'
import { parseReference } from '../../packages/core/src/model/reference.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { createRegistry } from '../../packages/core/src/registry/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { runProgram } from '../support/child.js'
import { Cleanup } from '../support/cleanup.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, ARM, pushBase, writeContext } from './project.js'

const cleanup = new Cleanup()
let host: string
let context: string
let names: { readonly wide: string; readonly narrow: string }

beforeAll(async () => {
  const { path } = cleanup.use(await tempFolder('plugin'))
  const registry = cleanup.use(await startRegistry({ directory: join(path, 'registry') }))
  host = registry.host
  context = await writeContext(join(path, 'context'), 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n', {
    '.dockerignore': '.git',
  })
  names = {
    wide: await pushBase({ ...registry, repository: 'wide' }, { platform: AMD64 }),
    narrow: await pushBase({ ...registry, repository: 'narrow' }, { platform: ARM }),
  }
})
afterAll(() => cleanup[Symbol.asyncDispose]())

/** One image per platform, on bases that bring the same along. */
function start(traits: (variant: string) => BaseTraits): Pipeline {
  const plugin = definePlugin({
    name: 'polyarch-plugin-board',
    bases: {
      board: {
        platforms: ['linux/amd64', 'linux/arm/v7'],
        optionNames: [],
        source: ({ platform: { architecture, variant = architecture } }) => ({
          kind: 'registry',
          reference: architecture === 'arm' ? names.narrow : names.wide,
          configPolicy: 'require-match',
          ...traits(variant),
        }),
      },
    },
    aliases: { 'small-board': { platform: 'linux/arm/v7', base: 'board' } },
  })
  return pipeline(`${host}/app`)
    .use(plugin)
    .platforms(platform('amd64', { base: 'board' }), platform('small-board', {}))
    .build({ context })
    .annotations({
      index: { 'com.example.level': 'index' },
      manifest: { 'com.example.level': 'manifest', 'org.opencontainers.image.base.name': false },
      manifestDescriptor: ({ variant = '' }) => ({ 'com.example.level': `entry ${variant}` }),
    })
    .tags('1')
}

function git(...args: readonly string[]) {
  return runProgram('git', ['-C', context, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args])
}

const some: BaseTraits = { annotations: { 'com.example.board': 'some' } }

it('gives each platform its build args and annotations, and runs the check in each finished image', async () => {
  const check = ['sh', '-c', 'grep "with $0 jobs" /built && id -un | grep nobody']
  const report = await execute(
    start((variant) => ({
      buildArgs: { JOBS: variant === 'v7' ? 'few' : 'many' },
      annotations: { 'com.example.board': variant },
      check: [...check, variant === 'v7' ? 'few' : 'many'],
    })),
  )
  expect(report.outcome).toBe('succeeded')
  const { images } = await inspect(`${host}/app:1`)
  const registry = createRegistry()
  for (const [at, variant] of ['amd64', 'v7'].entries()) {
    const reference = parseReference(`${host}/app@${images[at]?.digest}`)
    const manifest = reference && (await registry.getManifest(reference))
    expect(manifest?.content.annotations).toMatchObject({ 'com.example.board': variant })
  }
})

it('annotates every level, reports the commit on the index, and is not another image for the next commit', async () => {
  await git('init', '--quiet')
  await git('remote', 'add', 'origin', 'git@git.example.com:team/app.git')
  await git('add', '--all')
  await git('commit', '--quiet', '--message', 'one')
  const revision = (await git('rev-parse', 'HEAD')).stdout.trim()
  await execute(start(() => some))
  const { digest, manifest, images } = await inspect(`${host}/app:1`)
  expect(manifest.annotations).toEqual({
    'com.example.level': 'index',
    'org.opencontainers.image.source': 'https://git.example.com/team/app',
    'org.opencontainers.image.revision': revision,
  })
  const key = { 'io.polyarch.key': expect.stringMatching(/^[0-9a-f]{64}$/) }
  const entries = 'manifests' in manifest ? manifest.manifests : []
  expect(entries.map(({ annotations }) => annotations)).toEqual(
    ['entry ', 'entry v7'].map((level) => ({ ...some.annotations, ...key, 'com.example.level': level })),
  )
  for (const { annotations: own } of images) {
    expect(own).toMatchObject({ ...some.annotations, 'com.example.level': 'manifest' })
    expect(own).toHaveProperty(['org.opencontainers.image.base.digest'])
    expect(own).not.toHaveProperty(['org.opencontainers.image.base.name'])
  }
  await git('commit', '--quiet', '--allow-empty', '--message', 'two')
  const again = await execute(start(() => some))
  expect([...new Set(again.nodes.map(({ outcome }) => outcome))]).toEqual(['reused'])
  expect((await inspect(`${host}/app:1`)).digest).toBe(digest)
})

it('moves no name to an image that fails the check, and tests it again without a build', async () => {
  await writeFile(join(context, 'say'), `${await readFile(join(context, 'say'), 'utf8')}\n# changed\n`)
  const failing = start(() => ({ check: ['sh', '-c', 'echo checked; exit 3'] }))
  const before = await inspect(`${host}/app:1`)
  for (const attempt of ['first', 'second']) {
    const events: RunEvent[] = []
    await expect(execute(failing, { onEvent: (event) => events.push(event) })).rejects.toMatchObject({
      code: 'TEST_FAILED',
      message: expect.stringMatching(
        /test 'base check' failed: sh -c echo checked; exit 3: exit code 3.*\n {2}\| checked/,
      ),
    })
    const built = events.filter((event) => event.kind === 'node-finished' && event.node.includes(' image('))
    expect(built.length > 0).toBe(attempt === 'first')
    expect((await inspect(`${host}/app:1`)).digest).toBe(before.digest)
  }
  // It applies to images that exist already, too.
  const later = start(() => ({ check: ['true'] }))
  const { nodes, outcome } = await execute(later)
  expect(outcome).toBe('succeeded')
  expect(nodes.filter(({ kind }) => kind === 'test').map((node) => node.outcome)).toEqual(['made', 'made'])
})
