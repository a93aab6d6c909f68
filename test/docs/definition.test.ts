import { fileURLToPath } from 'node:url'
import { fromImage, pipeline, platform } from '@polyarch/core'
import { debian } from '@polyarch/plugin-debian'
import { expect, test } from 'vitest'
import { compile } from '../../packages/core/src/definition/compile/compile.js'
import { formatPlatform, parsePlatform } from '../../packages/core/src/model/platform.js'
import { readText } from '../house/repository.js'

/** What docs/definition.md shows. */
const sdk = pipeline('ghcr.io/team/sdk')
  .use(debian({ release: 'bookworm' }))
  .platforms(
    platform('amd64', { base: 'debian' }),
    platform('arm', { variant: 'v7', base: 'debian', build: { args: { JOBS: '1' } } }),
    platform('riscv64', { base: fromImage('docker.io/library/debian:sid'), optional: true }),
  )
  .build({
    context: new URL('./app', import.meta.url),
    args: ({ architecture }) => ({ JOBS: '8', TOOLCHAIN: architecture === 'amd64' ? 'gcc' : 'gcc-cross' }),
  })
  .tags('3.0.2', 'latest')

const firmware = pipeline('ghcr.io/team/firmware')
  .platforms(platform('amd64', { base: sdk }), platform('arm', { variant: 'v7', base: sdk }))
  .build({
    context: './firmware',
    secrets: { token: { env: 'NPM_TOKEN' }, netrc: { file: '~/.netrc' } },
    ssh: { default: 'agent', deploy: { keys: ['~/.ssh/deploy'] } },
  })
  .tags('1.0')

const shared = pipeline('ghcr.io/team/base').platforms(
  platform('amd64', { base: fromImage('alpine:3.22') }),
  platform('arm64', { base: fromImage('alpine:3.22') }),
)
const services = ['api', 'worker'].map((name) =>
  pipeline(`ghcr.io/team/${name}`)
    .platforms(platform('amd64', { base: shared }), platform('arm64', { base: shared }))
    .build({ context: './services', target: name })
    .tags('1.0'),
)
const service = pipeline('ghcr.io/team/service')
  .platforms(platform('amd64', { base: sdk }))
  .build({ context: './service', keySecret: { env: 'POLYARCH_KEY_SECRET' } })
  .tags('1.0')
const variants = ['slim', 'full'].map((name) =>
  pipeline('ghcr.io/team/tools', { name: `tools-${name}` })
    .platforms(platform('amd64', { base: shared }), platform('arm64', { base: shared }))
    .build({ target: name })
    .tags(name),
)

test('what docs/definition.md defines is what it reports', () => {
  const [first, second] = compile([sdk, firmware], { directory: '/work' }).pipelines
  const args = Object.fromEntries(
    (first?.platforms ?? []).map(({ platform: one, build }) => [formatPlatform(one), build.args]),
  )
  expect(args).toEqual({
    'linux/amd64': { JOBS: '8', TOOLCHAIN: 'gcc' },
    'linux/arm/v7': { JOBS: '1', TOOLCHAIN: 'gcc-cross' },
    'linux/riscv64': { JOBS: '8', TOOLCHAIN: 'gcc-cross' },
  })
  expect(first?.platforms[0]?.build.context).toEqual({
    kind: 'directory',
    path: fileURLToPath(new URL('./app', import.meta.url)),
  })
  expect(second?.platforms.map(({ base }) => base.kind)).toEqual(['pipeline', 'pipeline'])
  expect(second?.platforms[0]?.build).toMatchObject({
    context: { path: '/work/firmware' },
    secrets: { token: { kind: 'env' }, netrc: { kind: 'file' } },
    ssh: { default: { kind: 'agent' }, deploy: { kind: 'keys' } },
  })
  expect(compile([service]).pipelines[1]?.platforms[0]?.build.keySecret).toEqual({
    kind: 'env',
    name: 'POLYARCH_KEY_SECRET',
  })
  expect(compile(services).pipelines.map(({ name, requested }) => [name, requested])).toEqual([
    ['base', false],
    ['api', true],
    ['worker', true],
  ])
  expect(compile(variants).pipelines.map(({ name }) => name)).toEqual(['base', 'tools-slim', 'tools-full'])
})

test('the table of platform names is right', () => {
  const section = readText('docs/definition.md').split('## The names of platforms')[1]?.split('\n## ')[0] ?? ''
  const rows = [...section.matchAll(/^\| (`.*`) \| (`.*`) \|$/gm)]
  const words = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)
  expect(rows.length).toBeGreaterThan(5)
  for (const [, written, platforms] of rows) {
    const expected = words(platforms)
    for (const [at, name] of words(written).entries()) {
      const parsed = parsePlatform(name)
      expect(parsed && formatPlatform(parsed)).toBe(expected.length === 1 ? expected[0] : expected[at])
    }
  }
})
