import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  type ExecuteOptions,
  execute,
  fromImage,
  type Pipeline,
  pipeline,
  plan,
  platform,
  type TestSettings,
} from '../../packages/core/src/index.js'
import { parseReference } from '../../packages/core/src/model/reference.js'
import { hasChanges } from '../../packages/core/src/model/run/plan.js'
import { inspect, tags } from '../../packages/core/src/operations/images/index.js'
import { createRegistry } from '../../packages/core/src/registry/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { Cleanup } from '../support/cleanup.js'
import { startDebianRegistry } from '../support/debian-registry.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, ARM, pushBase, writeContext } from './project.js'

const cleanup = new Cleanup()
let folder: string
/** A registry with the referrers API, and one without it. */
const hosts: Record<'embedded' | 'debian', string> = { embedded: '', debian: '' }
const bases: Record<string, readonly [wide: string, narrow: string]> = {}

beforeAll(async () => {
  folder = cleanup.use(await tempFolder('image-tests')).path
  const registry = cleanup.use(await startRegistry({ directory: join(folder, 'registry') }))
  const debian = cleanup.use(await startDebianRegistry())
  for (const [name, { host, url }] of Object.entries({ embedded: registry, debian })) {
    hosts[name as 'embedded' | 'debian'] = host
    const wide = await pushBase({ host, url, repository: 'wide' }, { platform: AMD64 })
    bases[host] = [wide, await pushBase({ host, url, repository: 'narrow' }, { platform: ARM })]
  }
  await writeContext(join(folder, 'context'), 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n')
  await mkdir(join(folder, 'smoke'))
  await writeFile(join(folder, 'smoke', 'check.sh'), 'grep -q "jobs" /built && echo "checked by $0"\n')
})
afterAll(() => cleanup[Symbol.asyncDispose]())

function app(
  name: string,
  tests: TestSettings,
  arm: { test?: TestSettings; optional?: boolean } = {},
  host = hosts.embedded,
) {
  const [wide = '', narrow = ''] = bases[host] ?? []
  return pipeline(`${host}/${name}`)
    .platforms(
      platform('amd64', { base: fromImage(wide) }),
      platform('arm', { variant: 'v7', base: fromImage(narrow), ...arm }),
    )
    .build({ context: join(folder, 'context') })
    .test(tests)
    .platformNames('{repository}:{tag}-{arch}')
    .tags('1')
}

async function outcomes(given: Pipeline, options: ExecuteOptions = {}) {
  const { nodes } = await execute(given, options)
  return Object.fromEntries(nodes.filter(({ kind }) => kind === 'test').map(({ node, outcome }) => [node, outcome]))
}

const ALL: TestSettings = {
  'says hello': {
    command: ['/bin/say'],
    expectedOutput: ['hello world', /for linux\/(amd64|arm\/v7)/, 'as nobody'],
    excludedOutput: 'error',
  },
  'fails as it should': {
    command: ['sh', '-c', 'echo "no such" >&2; exit 7'],
    exitCode: 7,
    expectedError: /^no such$/m,
  },
  'runs a script of this machine': {
    command: ['sh', '/smoke/check.sh'],
    get mount() {
      return { source: join(folder, 'smoke'), target: '/smoke' }
    },
    expectedOutput: 'checked by /smoke/check.sh',
  },
  'script is executable': { path: '/bin/say', type: 'file', mode: '0755', uid: 0, gid: 0, expectedContent: 'hello' },
  'shell is a link': { path: '/bin/sh', type: 'symlink' },
  'no leftovers': { path: '/tmp/leftover', shouldExist: false },
  config: {
    metadata: { user: 'nobody', entrypoint: ['/bin/say'], env: { WHO: 'world', PATH: /bin/, DEBUG: false } },
  },
  'is small': { size: { max: '8m' } },
  'answers in TypeScript': {
    version: '1',
    run: async (image) => {
      const { stdout } = await image.run(['cat', '/built'])
      const release = await image.readFile('/etc/os-release', 'utf8')
      if (!stdout.includes('jobs') || !release.includes('ID=tiny')) throw new Error(`unexpected ${stdout} ${release}`)
      if ((await image.stat('/bin/sh'))?.type !== 'file') throw new Error('no shell')
    },
  },
}

for (const place of ['embedded', 'debian'] as const) {
  it(`tests every platform before names move, and not again what has passed (${place})`, async () => {
    const given = app('all', ALL, {}, hosts[place])
    const first = await outcomes(given)
    expect(Object.keys(first)).toHaveLength(2 * Object.keys(ALL).length)
    expect(new Set(Object.values(first))).toEqual(new Set(['made']))
    const { images, digest } = await inspect(`${hosts[place]}/all:1`)
    const registry = createRegistry()
    for (const image of images) {
      const reference = parseReference(`${hosts[place]}/all`)
      const found = reference && (await registry.listReferrers(reference, image.digest))
      expect(found).toHaveLength(Object.keys(ALL).length)
      expect(found?.[0]).toMatchObject({ artifactType: 'application/vnd.in-toto+json' })
    }
    const again = await execute(given)
    expect(new Set(again.nodes.map(({ outcome }) => outcome))).toEqual(new Set(['reused']))
    expect((await plan(given)).nodes.find(({ test }) => test === 'is small')).toMatchObject({ action: 'reuse' })
    expect((await inspect(`${hosts[place]}/all:1`)).digest).toBe(digest)
  })
}

it('keeps every name if it was if a test fails on one platform only', async () => {
  await execute(app('gate', {}))
  const before = await Promise.all(['1', '1-amd64', '1-arm'].map((tag) => inspect(`${hosts.embedded}/gate:${tag}`)))
  const given = app('gate', { machine: { command: ['sh', '-c', 'uname -m'], expectedOutput: 'x86_64' } }).build({
    args: { JOBS: 'other' },
  })
  await expect(execute(given)).rejects.toMatchObject({
    code: 'TEST_FAILED',
    node: 'gate test(linux/arm/v7: machine)',
    message: expect.stringMatching(/test 'machine' failed: .*does not contain "x86_64"\n {2}\| armv7l/),
  })
  const after = await Promise.all(['1', '1-amd64', '1-arm'].map((tag) => inspect(`${hosts.embedded}/gate:${tag}`)))
  expect(after.map(({ digest }) => digest)).toEqual(before.map(({ digest }) => digest))
  // The image is there, and is tested again without a build.
  await expect(execute(given, { keepGoing: true })).rejects.toMatchObject({ code: 'TEST_FAILED' })
  const corrected = { machine: { command: ['uname', '-m'], expectedOutput: 'armv7l' } }
  expect(
    await outcomes(
      app(
        'gate',
        { machine: { command: ['sh', '-c', 'uname -m'], expectedOutput: 'x86_64' } },
        { test: corrected },
      ).build({ args: { JOBS: 'other' } }),
    ),
  ).toEqual({
    'gate test(linux/amd64: machine)': 'reused',
    'gate test(linux/arm/v7: machine)': 'made',
  })
})

it('publishes without an optional platform whose test fails, also if its image was published before', async () => {
  const failing = { fails: { command: ['false'] } }
  const report = await execute(app('spare', {}, { test: failing, optional: true }))
  expect(report.outcome).toBe('incomplete')
  expect((await inspect(`${hosts.embedded}/spare:1`)).images).toMatchObject([{ declared: AMD64 }])
  await expect(inspect(`${hosts.embedded}/spare:1-arm`)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect((await execute(app('spare', {}, { optional: true }))).outcome).toBe('succeeded')
  const both = await inspect(`${hosts.embedded}/spare:1`)
  await expect(execute(app('spare', {}, { test: failing, optional: true }))).rejects.toMatchObject({
    code: 'PLATFORM_MISSING',
  })
  expect((await inspect(`${hosts.embedded}/spare:1`)).digest).toBe(both.digest)
})

it('reports all failures with keepGoing, and skipped tests', async () => {
  const given = app('many', { one: { command: ['false'] }, two: { size: { max: 1 } } })
  const failure = await execute(given, { keepGoing: true }).catch((error: Error) => error)
  for (const name of ['amd64: one', 'amd64: two', 'arm/v7: one', 'arm/v7: two'])
    expect((failure as Error).message).toContain(`test(linux/${name})`)
  const skipped = await execute(given, { skipTests: true })
  expect(skipped.notes).toEqual([expect.stringMatching(/^TESTS ARE SKIPPED: 4 tests do not run/)])
  expect(skipped.outcome).toBe('succeeded')
  await expect(execute(given)).rejects.toMatchObject({ code: 'TEST_FAILED' })
})

it('reports the cause of each failure', async () => {
  const tests: TestSettings = {
    'no program': { command: ['/no/such/program'], exitCode: 1 },
    'too slow': { command: ['sleep', '600'], timeout: 2000 },
    'never ends': { run: () => new Promise(() => {}), version: '1', timeout: 2000 },
    throws: () => {
      throw new Error('it is wrong')
    },
    'wrong exit code': async (image) => void (await image.run(['sh', '-c', 'echo why; exit 4'])),
    'no file': async (image) => void (await image.readFile('/none')),
    'too much output': {
      command: ['sh', '-c', 'while true; do echo 0123456789012345678901234567890123456789; done | head -c 9000000'],
      expectedOutput: 'x',
    },
    config: { metadata: { user: 'root', labels: { a: 'b' } } },
  }
  const failure = await execute(app('failures', tests), { keepGoing: true }).catch((error: Error) => error)
  const { message } = failure as Error
  for (const text of [
    /test 'no program' failed: the command \["\/no\/such\/program"\] could not run in .*no such file/,
    /test 'too slow' failed: it did not end within 2 s/,
    /test 'never ends' failed: it did not end within 2 s/,
    /test 'throws' failed: it is wrong/,
    /test 'wrong exit code' failed: sh -c echo why; exit 4 ended with exit code 4, not 0\n {2}\| why/,
    /test 'no file' failed: there is no file \/none/,
    /test 'too much output' failed: .*its output is not complete/,
    /test 'config' failed: label a does not exist; the user is 'nobody', not 'root'/,
  ])
    expect(message).toMatch(text)
  expect(failure).toMatchObject({ code: 'TEST_FAILED' })
})

it('runs a function without a version every time, and one with a version again when that changes', async () => {
  let runs = 0
  const count = () => {
    runs += 1
  }
  for (const version of ['1', '1', '2'])
    await execute(app('functions', { counts: { run: count, version }, always: count }))
  // Per platform: two versions, and three runs.
  expect(runs).toBe(2 * (2 + 3))
  const rebuild = ['functions test(linux/amd64: counts)']
  await execute(app('functions', { counts: { run: count, version: '2' } }), { rebuild })
  expect(runs).toBe(2 * (2 + 3) + 1)
})

it('rejects to publish with --no-build what has not passed, and finds what a machine with the platform has run', async () => {
  const given = app('matrix', { runs: { command: ['true'] } })
  await execute(given, { only: ['linux/amd64'] })
  await expect(execute(given, { build: false })).rejects.toMatchObject({ code: 'PLATFORM_MISSING' })
  await execute(given, { only: ['linux/arm/v7'], skipTests: true })
  await expect(execute(given, { build: false })).rejects.toMatchObject({
    code: 'PLATFORM_MISSING',
    message: 'tests that have not passed: matrix test(linux/arm/v7: runs)',
  })
  expect(await tags(`${hosts.embedded}/matrix`)).not.toContain('1')
  await execute(given, { only: ['linux/arm/v7'] })
  expect((await execute(given, { build: false })).outcome).toBe('succeeded')
  // A policy that forbids emulated builds allows emulated tests.
  const more = app('matrix', { runs: { command: ['true'] }, more: { command: ['true'] } })
  expect((await execute(more, { policy: { allowEmulation: false } })).outcome).toBe('succeeded')
})

it('tests what another pipeline uses before it is used', async () => {
  const sdk = app('sdk', { fails: { command: ['false'] } })
  const top = pipeline(`${hosts.embedded}/top`)
    .platforms(platform('amd64', { base: sdk }))
    .build({ context: join(folder, 'context') })
    .tags('1')
  const failure = await execute(top, { keepGoing: true }).catch((error: Error) => error)
  expect(failure).toMatchObject({
    code: 'TEST_FAILED',
    message: expect.stringContaining('sdk test(linux/amd64: fails): '),
  })
  expect(await tags(`${hosts.embedded}/top`)).toEqual([])
})

it('tests what another pipeline uses even if all images of that one are reused', async () => {
  const fails = { fails: { command: ['false'] } }
  const topOf = (sdk: Pipeline, tag: string) =>
    pipeline(`${hosts.embedded}/reusing`)
      .platforms(platform('amd64', { base: sdk }))
      .build({ context: false, dockerfileInline: 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nLABEL top=1\n' })
      .tags(tag)
  await execute(topOf(app('reused', fails), '1'), { skipTests: true })
  const again = topOf(app('reused', fails), '2')
  expect((await plan(again)).nodes.find(({ node }) => node === 'reused test(linux/amd64: fails)')).toMatchObject({
    action: 'run',
  })
  await expect(execute(again)).rejects.toMatchObject({ code: 'TEST_FAILED', node: 'reused test(linux/amd64: fails)' })
  expect(await tags(`${hosts.embedded}/reusing`)).not.toContain('2')
  const passes = topOf(app('reused', { passes: { command: ['true'] } }), '2')
  const { nodes } = await execute(passes)
  expect(Object.fromEntries(nodes.map(({ node, outcome }) => [node, outcome]))).toMatchObject({
    'reused test(linux/amd64: passes)': 'made',
    'reusing image(linux/amd64)': 'reused',
  })
  expect(await tags(`${hosts.embedded}/reusing`)).toEqual(expect.arrayContaining(['1', '2']))
  expect(hasChanges(await plan(passes))).toBe(false)
})

it('reads everything back before names move, and moves none if the registry has damaged content', async () => {
  const given = app('damaged', {})
  const report = await execute(given, { verify: 'read-back' })
  expect(report.readBack).toContainEqual(
    expect.objectContaining({ node: 'damaged index', images: 2, bytes: expect.any(Number) }),
  )
  expect((await execute(given, { verify: 'read-back' })).readBack).toEqual(report.readBack)
  const only = await execute(given, { verify: 'read-back', only: ['amd64'] })
  expect(only.readBack).toEqual([expect.objectContaining({ node: 'damaged image(linux/amd64)', images: 1 })])
  const { images } = await inspect(`${hosts.embedded}/damaged:1`)
  const reference = parseReference(`${hosts.embedded}/damaged@${images[0]?.digest}`)
  const content = reference && (await createRegistry().getManifest(reference))?.content
  const layers = content !== undefined && 'layers' in content ? content.layers : []
  const layer = layers.at(-1)?.digest ?? ''
  await writeFile(join(folder, 'registry', 'blobs', 'sha256', layer.slice('sha256:'.length)), 'damaged')
  await expect(execute(given.tags('2'), { verify: 'read-back' })).rejects.toMatchObject({
    code: expect.stringMatching(/^(DIGEST_MISMATCH|REGISTRY_REJECTED|REGISTRY_UNREACHABLE)$/),
  })
  expect(await tags(`${hosts.embedded}/damaged`)).not.toContain('2')
})
