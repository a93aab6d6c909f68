import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../../../test/support/cleanup.js'
import { tempFolder } from '../../../test/support/temp-folder.js'
import { importBake } from '../src/import/bake/import-bake.js'

const cleanup = new Cleanup()
let directory: string

beforeAll(async () => {
  directory = cleanup.use(await tempFolder('bake-import')).path
  await mkdir(join(directory, 'app'))
  await writeFile(
    join(directory, 'Dockerfile'),
    'FROM golang:1.22 AS build\nFROM alpine:3.22\nCOPY --from=build /x /x\n',
  )
  await writeFile(join(directory, 'app/Dockerfile'), 'ARG BASE_IMAGE=debian:13\nFROM ${BASE_IMAGE} AS one\nFROM one\n')
})
afterAll(() => cleanup[Symbol.asyncDispose]())

const TAGS = { tags: ['ghcr.io/team/app:1'] }

/** Imports one target. */
function importTarget(target: object, group?: object) {
  const file = { ...(group && { group }), target: { app: { context: '.', ...TAGS, ...target } } }
  return importBake(file, { source: 'bake.json', directory, platform: 'linux/arm64' })
}

/** Options of bake's reference with what is written for each, and the notes. */
const OPTIONS: readonly (readonly [option: object, written: string, note?: string])[] = [
  [{ context: './app' }, "context: './app'"],
  [{ context: 'https://github.com/team/app.git#main:dir' }, "context: 'https://github.com/team/app.git#main:dir'"],
  [{ contexts: { src: '../src' } }, "contexts: { src: '../src' }"],
  [{ contexts: { alpine: 'docker-image://alpine:3.22' } }, "contexts: { alpine: 'docker-image://alpine:3.22' }"],
  [{ dockerfile: 'app/Dockerfile' }, "dockerfile: 'app/Dockerfile'"],
  [{ 'dockerfile-inline': 'FROM a\n' }, "dockerfileInline: 'FROM a\\n'"],
  [
    { 'dockerfile-inline': 'FROM --platform=$BUILDPLATFORM a AS b\nFROM a\nCOPY --from=b /x /x\n' },
    "dockerfileInline: 'ARG BASE_IMAGE\\nFROM --platform=$BUILDPLATFORM a AS b\\nFROM ${BASE_IMAGE}\\nCOPY --from=b /x /x\\n'",
  ],
  [{ dockerfile: 'Dockerfile', 'dockerfile-inline': 'FROM a\n' }, ".build({ context: '.', dockerfileInline:"],
  [{ args: { V: 'a$${b}%%{c}' } }, "args: { V: 'a${b}%{c}' }"],
  [{ args: { V: '1', N: 2 } }, "args: { V: '1', N: '2' }"],
  [{ args: { V: null } }, '.build(', "the build arg 'V' had no value"],
  [{ labels: { 'a.b': "it's" } }, `labels: { 'a.b': "it's" }`],
  [{ target: 'build' }, "target: 'build'"],
  [{ secret: [{ id: 't', env: 'TOKEN' }, 'id=f,src=./f', 'type=env,id=e,src=E'] }, "t: { env: 'TOKEN' }"],
  [{ secret: ['id=f,src=./f'] }, "secrets: { f: { file: './f' } }"],
  [{ secret: ['id=TOKEN'] }, "TOKEN: { env: 'TOKEN' }", 'names no source'],
  [{ ssh: ['default', 'key=~/.ssh/a'] }, "ssh: { default: 'agent', key: { keys: ['~/.ssh/a'] } }"],
  [{ ssh: [{ id: 'default', paths: ['~/.ssh/b'] }] }, "ssh: { default: { keys: ['~/.ssh/b'] } }"],
  [
    { 'cache-from': ['type=registry,ref=r/c', { type: 'local', src: 'c' }, 'r/d'] },
    "['type=registry,ref=r/c', 'type=local,src=c', 'r/d']",
  ],
  [{ 'cache-to': [{ type: 'inline' }] }, "cacheTo: ['type=inline']"],
  [{ 'cache-to': ['type=registry,ref=r/c,mode=max'] }, "cacheTo: ['type=registry,ref=r/c,mode=max']"],
  [
    { 'cache-to': ['type=gha'], platforms: ['linux/amd64', 'linux/arm64'] },
    "cacheTo: ({ architecture, variant = '' }) => [`type=gha,scope=build-${architecture}${variant}`]",
    'each platform writes a cache of its own',
  ],
  [{ 'no-cache': true, pull: true }, 'noCache: true, pull: true'],
  [{ 'no-cache-filter': ['a'] }, "noCacheFilter: ['a']"],
  [{ network: 'host' }, "network: 'host'"],
  [{ 'extra-hosts': { db: '10.0.0.1' } }, "addHosts: ['db:10.0.0.1']"],
  [{ 'shm-size': '128m', ulimits: ['nofile=1:2'] }, "shmSize: '128m', ulimits: ['nofile=1:2']"],
  [{ entitlements: ['network.host'] }, "entitlements: ['network.host']"],
  [{ attest: ['type=provenance,mode=max', { type: 'sbom' }] }, "attest: { provenance: 'max', sbom: true }"],
  [{ attest: ['type=sbom,generator=x/y'] }, "attest: { sbom: { generator: 'x/y' } }"],
  [{ attest: ['type=provenance,version=v1'] }, "attest: { provenance: 'min' }", "'version=v1' of attest"],
  [{ annotations: ['a=1', 'index:b=2'] }, ".annotations({ index: { b: '2' }, manifest: { a: '1' } })"],
  [{ annotations: ['manifest-descriptor:c=3'] }, ".annotations({ manifestDescriptor: { c: '3' } })"],
  [
    { annotations: ['manifest[linux/amd64]:d=4'] },
    "manifest: (platform) => ({ ...(formatPlatform(platform) === 'linux/amd64' && { d: '4' }) })",
  ],
  [{ annotations: ['index-descriptor:e=5'] }, '.build(', "annotations of 'index-descriptor' have no counterpart: e=5"],
  [{ output: [{ type: 'registry' }] }, '.build('],
  [{ output: ['type=image,push=true'] }, '.build('],
  [
    { output: ['type=image,"name=ghcr.io/a/b:1,ghcr.io/a/b:2",push=true'] },
    '.build(',
    'also pushes ghcr.io/a/b:1,ghcr.io/a/b:2',
  ],
  [{ output: [{ type: 'registry', name: 'ghcr.io/a/b:1' }] }, '.build(', 'also pushes ghcr.io/a/b:1: add its names'],
  [{ output: ['type=registry,compression=zstd'] }, '.build(', "'compression=zstd' of output has no counterpart"],
  [{ output: ['type=image,push=true,oci-mediatypes=false'] }, '.build(', "add .format('docker')"],
  [{ output: ['type=oci,dest=x.tar'] }, '.build(', 'run with --output type=oci,dest=x.tar'],
  [{ output: ['type=docker'] }, '.build(', 'run with --load'],
  [{ output: ['type=cacheonly'] }, '.build(', 'a run always pushes'],
  [{ call: 'outline' }, '.build(', "'call: outline' has no counterpart"],
  [{ policy: [{ filename: 'p.rego' }] }, '.build(', "'policy' has no counterpart: [{ filename: 'p.rego' }]"],
  [{ unheard: 1 }, '.build(', "'unheard' has no counterpart: 1"],
  [{ description: 'The app.' }, '// The app.'],
  [{ platforms: ['linux/amd64', 'linux/arm/v7'] }, "platform('linux/arm/v7', { base: fromImage('alpine:3.22') })"],
  [{ platforms: [] }, "platform('linux/arm64',", "bake builds for the builder's own, here linux/arm64"],
  [{ tags: ['ghcr.io/a/b:1', 'ghcr.io/a/b:2', 'quay.io/a/b:1'] }, ".tags('1', '2', 'quay.io/a/b:1')"],
  [{ tags: ['team/app'] }, "pipeline('docker.io/team/app')", 'is a name on Docker Hub'],
  [{ tags: ['ghcr.io/a/b:1', 'Team/App'] }, ".tags('1')", "'Team/App' is not an image name, and is omitted"],
  [{ tags: [] }, "pipeline('registry.example.com/team/app')", 'every pipeline is published'],
]

const HOSTILE = '`);process.exit(3);(` ${process.exit(3)} \\ \u2028'

it('text of a cache destination stays text', () => {
  const { text } = importBake(
    {
      target: {
        app: {
          platforms: ['linux/amd64', 'linux/arm64'],
          'cache-to': [{ type: 'registry', ref: HOSTILE }],
          secret: [{ id: 'a', type: 'b', mode: '1' }],
          ssh: ['key=/a=b,/c'],
          constructor: 'x',
          annotations: ['manifest[linux/amd64]:a=b', `${'long'.repeat(30)}=c`],
        },
      },
    },
    { source: 'bake.json', directory: '/nowhere', platform: 'linux/amd64' },
  )
  expect(text).toContain(
    '`type=registry,ref=\\`);process.exit(3);(\\` \\${process.exit(3)} \\\\ \\u{2028}-${architecture}${variant}`',
  )
  expect(text).toContain("ssh: { key: { keys: ['/a=b', '/c'] } }")
  expect(text).toContain("'mode=1' of secret 'a' has no counterpart")
  expect(text).toContain(`(platform) => ({ ...{\n  ${'long'.repeat(30)}: 'c',\n}, ...(formatPlatform`)
  expect(text).toContain("'constructor' has no counterpart: 'x'")
})

describe('a target of bake', () => {
  const rows = OPTIONS.map(([option, written, note]) => ({ option, written, note }))
  it.each(rows)('$option is written as $written', ({ option, written, note }) => {
    const { text, notes } = importTarget({ platforms: ['linux/amd64'], ...option })
    expect(text).toContain(written)
    const others = notes.filter((one) => !one.includes('BASE_IMAGE') && !one.includes('Dockerfile'))
    expect(others).toEqual(note === undefined ? [] : [expect.stringContaining(note)])
    for (const one of notes) expect(text).toContain(`// - ${one}`)
  })

  it('gets its base from the Dockerfile, which needs no change', () => {
    const { text, notes } = importTarget({ platforms: ['linux/amd64', 'linux/arm64'] })
    expect(text).toContain("platform('linux/arm64', { base: fromImage('alpine:3.22') })")
    expect(notes).toEqual([])
  })

  it('gets the line to change if the Dockerfile names its base by digest', async () => {
    await mkdir(join(directory, 'pinned'))
    const image = `alpine@sha256:${'a'.repeat(64)}`
    await writeFile(join(directory, 'pinned/Dockerfile'), `FROM ${image}\n`)
    const { notes } = importTarget({ context: 'pinned', platforms: ['linux/amd64'] })
    expect(notes).toEqual([expect.stringContaining(`replace 'FROM ${image}' by 'FROM \${BASE_IMAGE}'`)])
  })

  it('gets the line to change if the Dockerfile also uses the base for the platform of the builder', async () => {
    await mkdir(join(directory, 'cross'))
    const text = 'FROM --platform=$BUILDPLATFORM alpine:3.22 AS build\nFROM alpine:3.22\nCOPY --from=build /x /x\n'
    await writeFile(join(directory, 'cross/Dockerfile'), text)
    const { notes } = importTarget({ context: 'cross', platforms: ['linux/arm64'] })
    expect(notes).toEqual([
      "app: in line 2 of 'cross/Dockerfile', replace 'FROM alpine:3.22' by 'FROM ${BASE_IMAGE}', and write " +
        "'ARG BASE_IMAGE=alpine:3.22' before the first FROM; docker can still build it",
    ])
  })

  it('whose Dockerfile declares BASE_IMAGE needs no change: the base is the arg, or its default', () => {
    const target = { context: 'app', platforms: ['linux/amd64'] }
    expect(importTarget(target)).toMatchObject({ notes: [], text: expect.stringContaining("fromImage('debian:13')") })
    const given = importTarget({ ...target, args: { BASE_IMAGE: 'ubuntu:24.04', V: '1' } })
    expect(given).toMatchObject({ notes: [], text: expect.stringContaining("fromImage('ubuntu:24.04')") })
    expect(given.text).toContain("args: { V: '1' }")
  })

  it('without a Dockerfile has a base to be set, with a note', () => {
    const { notes } = importTarget({ context: 'none', platforms: ['linux/amd64'] })
    expect(notes).toEqual(["app: the Dockerfile 'Dockerfile' was not found in 'none': set the base of each platform"])
  })
})

it('a target whose base is named by the platform has another base for each', () => {
  const { text } = importTarget({
    'dockerfile-inline': 'FROM team/base-$${TARGETARCH}$${TARGETVARIANT}:1\n',
    platforms: ['linux/amd64', 'linux/arm/v7'],
  })
  expect(text).toContain("platform('linux/amd64', { base: fromImage('team/base-amd64:1') })")
  expect(text).toContain("platform('linux/arm/v7', { base: fromImage('team/base-armv7:1') })")
})

describe('a file of bake', () => {
  const file = {
    group: { default: { targets: ['web', 'base-image'] }, all: { targets: ['default', 'tool'] } },
    target: {
      web: {
        context: 'app',
        contexts: { x: 'target:base-image' },
        tags: ['ghcr.io/t/web:1'],
        platforms: ['linux/amd64'],
      },
      'base-image': { context: 'app', tags: ['ghcr.io/t/base:1'], platforms: ['linux/amd64'] },
      tool: { context: 'app', tags: ['ghcr.io/t/tool:1'], platforms: ['linux/amd64'] },
    },
  }

  it.each([
    [{ target: { app: { inherits: ['base'] } } }, "target 'app' has 'inherits', which bake resolves"],
    [{ target: { app: { name: 'a', matrix: {} } } }, "target 'app' has 'matrix', which bake resolves"],
    [{ variable: { V: {} }, target: { app: {} } }, 'it has variables, which bake resolves'],
  ])('that bake has not resolved is rejected: %j', (unresolved, message) => {
    expect(() => importBake(unresolved, { source: 'b.json', directory, platform: 'linux/amd64' })).toThrow(message)
  })

  it('is written in the order of its contexts, and runs the default group', () => {
    const { text, notes } = importBake(file, { source: 'bake.json', directory, platform: 'linux/amd64' })
    expect(text.match(/^const \w+/gm)).toEqual(['const baseImage', 'const web', 'const tool'])
    expect(text).toContain('contexts: { x: baseImage }')
    expect(text).toContain('run(web, baseImage)\n')
    expect(notes).toEqual(["group 'all': `npx tsx build.ts web base-image tool`"])
  })

  it('has a base that another target publishes', () => {
    const dockerfile = 'FROM ghcr.io/t/base:1\n'
    const target = { ...file.target, web: { ...file.target.web, 'dockerfile-inline': dockerfile } }
    const { text } = importBake({ ...file, target }, { source: 'bake.json', directory, platform: 'linux/amd64' })
    expect(text).toContain("platform('linux/amd64', { base: baseImage })")
    expect(text).toContain("dockerfileInline: 'FROM ghcr.io/t/base:1\\n'")
  })
})
