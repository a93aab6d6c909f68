import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { execute, fromImage, pipeline, platform, type RunEvent } from '../../packages/core/src/index.js'
import type { Platform } from '../../packages/core/src/model/platform.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { type RegistryServer, startRegistry } from '../../packages/core/src/registry-server/index.js'
import { busyboxFiles } from '../support/busybox-image.js'
import { Cleanup } from '../support/cleanup.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, ARM, pushBase } from './project.js'
import { tagsOf } from './published.js'

const ARMV6: Platform = { os: 'linux', architecture: 'arm', variant: 'v6' }
const FROM = 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n'

const cleanup = new Cleanup()
let registry: RegistryServer
let context: string

beforeAll(async () => {
  const { path } = cleanup.use(await tempFolder('machine-code'))
  registry = cleanup.use(await startRegistry({ directory: join(path, 'registry') }))
  context = cleanup.use(await tempFolder('machine-code-context')).path
  // The program of the other architecture: what a wrong COPY brings into an image, with no word from BuildKit.
  for (const [name, code] of [
    ['amd64', ARM],
    ['arm', AMD64],
  ] as const) {
    const file = (await busyboxFiles(code))['bin/busybox']
    if (typeof file !== 'object' || !('content' in file)) throw new Error('busybox is a program')
    await writeFile(join(context, name), file.content)
    await chmod(join(context, name), 0o755)
  }
})
afterAll(() => cleanup[Symbol.asyncDispose]())

/** A base whose config states what it is declared as, whatever its code is for. */
function pushLiar(name: string, declared: Platform, codePlatform: Platform): Promise<string> {
  return pushBase({ ...registry, repository: name }, { platform: codePlatform, codePlatform, configPlatform: declared })
}

function standingOn(name: string, { architecture, variant }: Platform, base: ReturnType<typeof fromImage>) {
  return pipeline(`${registry.host}/${name}`)
    .platforms(platform(architecture, { ...(variant !== undefined && { variant }), base }))
    .build({ context })
    .tags('1')
}

it.each([
  ['amd64 code under arm/v7', ARM, AMD64, '/bin/busybox is machine code for amd64'],
  ['arm code under amd64', AMD64, ARM, '/bin/busybox is machine code for arm/v7 with hard float'],
  ['v7 code under v6', ARMV6, ARM, 'is declared as linux/arm/v6, but /bin/busybox is machine code for arm/v7'],
])('rejects a base with %s before any build, however often', async (what, declared, code, message) => {
  await writeFile(join(context, 'Dockerfile'), FROM)
  const name = what.replaceAll(/[^a-z0-9]+/g, '-')
  const app = standingOn(name, declared, fromImage(await pushLiar(`${name}-base`, declared, code)))
  const events: RunEvent[] = []
  for (const _time of ['first', 'second']) {
    await expect(execute(app, { onEvent: (event) => events.push(event) })).rejects.toMatchObject({
      code: 'PLATFORM_MISMATCH',
      message: expect.stringContaining(message),
    })
  }
  expect(events.filter((event) => event.kind === 'node-started').map(({ node }) => node)).toEqual(
    Array.from({ length: 2 }, () => expect.stringContaining('base(')),
  )
  expect(await tagsOf(registry.url, name)).toEqual([])
})

it('rejects one that was in the repository from the start, however often', async () => {
  await writeFile(join(context, 'Dockerfile'), FROM)
  const app = pipeline(`${registry.host}/home`)
    .platforms(platform('arm', { variant: 'v7', base: fromImage(await pushLiar('home', ARM, AMD64)) }))
    .build({ context })
    .tags('2')
  for (const _time of ['first', 'second']) {
    await expect(execute(app)).rejects.toMatchObject({
      code: 'PLATFORM_MISMATCH',
      message: expect.stringMatching(
        /^base .*home:1 is declared as linux\/arm\/v7, but \/bin\/busybox is machine code for amd64/,
      ),
    })
  }
})

it.each([
  ['oci', ARM, 'amd64'],
  ['docker', AMD64, 'arm/v7'],
] as const)(
  'refuses what was built, as %s for %o with the code of another, however often',
  async (format, declared, found) => {
    await writeFile(join(context, 'Dockerfile'), `${FROM}ARG TARGETARCH\nCOPY $TARGETARCH /bin/busybox\n`)
    const base = await pushBase({ ...registry, repository: `right-${declared.architecture}` }, { platform: declared })
    const name = `built-${format}-${declared.architecture}`
    const app = standingOn(name, declared, fromImage(base)).format(format)
    for (const _time of ['first', 'second']) {
      await expect(execute(app)).rejects.toMatchObject({
        code: 'PLATFORM_MISMATCH',
        message: expect.stringMatching(new RegExp(`what was built .* is machine code for ${found}`)),
      })
    }
    await expect(inspect(`${registry.host}/${name}:1`)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  },
)

it('takes it if the base reports it, on what stands on it too, and reports that once', async () => {
  await writeFile(join(context, 'Dockerfile'), FROM)
  const liar = fromImage(await pushLiar('trusted-base', ARM, AMD64), { codePolicy: 'trust-declared' })
  const sdk = standingOn('trusted', ARM, liar)
  const top = pipeline(`${registry.host}/trusted-top`)
    .platforms(platform('arm', { variant: 'v7', base: sdk }))
    .build({ context })
    .tags('1')
  const overridden = { verdict: 'mismatch', path: '/bin/busybox', found: 'amd64', allowed: true }
  const { nodes } = await execute(sdk, top)
  expect(nodes.map(({ kind, code }) => [kind, code])).toEqual([
    ['base', overridden],
    ['base-index', undefined],
    ['image', overridden],
    ['index', undefined],
    ['image', overridden],
    ['index', undefined],
  ])
  const again = await execute(sdk, top)
  expect(again.nodes.map(({ code }) => code)).toEqual(Array.from({ length: 6 }, () => undefined))
})

it('reports a match, what follows from the base, and what cannot be known', async () => {
  const base = await pushBase({ ...registry, repository: 'known-base' }, { platform: ARM })
  const start = standingOn('known', ARM, fromImage(base))
  await writeFile(join(context, 'Dockerfile'), `${FROM}COPY Dockerfile /\n`)
  const match = { verdict: 'match', path: '/bin/busybox', found: 'arm/v7 with hard float' }
  const codes = async () => (await execute(start)).nodes.flatMap(({ code }) => code ?? [])
  expect(await codes()).toEqual([match, { verdict: 'as-base' }])
  await writeFile(join(context, 'Dockerfile'), `${FROM}FROM scratch\nCOPY --from=0 /etc/os-release /\n`)
  expect(await codes()).toEqual([{ verdict: 'unknown', because: 'the image has no executable with machine code' }])
})
