import { homedir } from 'node:os'
import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { compile } from '../../src/definition/compile/compile.js'
import type { BuildDefinition, BuildSettings } from '../../src/definition/declare/build-settings.js'
import type { CacheOption } from '../../src/definition/declare/cache-options.js'
import { fromImage } from '../../src/definition/declare/image-base.js'
import { pipeline } from '../../src/definition/declare/pipeline.js'
import { platform } from '../../src/definition/declare/platform-declaration.js'
import { start } from './definitions.js'

function buildOf(shared: BuildSettings, own: BuildSettings = {}): BuildDefinition | undefined {
  const declared = start.platforms(platform('arm', { variant: 'v7', base: 'wide', build: own })).build(shared)
  return compile([declared], { directory: '/project' }).pipelines[0]?.platforms[0]?.build
}

it('is the same for every spelling of a value', () => {
  const spelt: BuildSettings = {
    shmSize: '128m',
    ulimits: ['nofile=1024:2048', 'core=-1'],
    cacheFrom: ['type=registry,ref=registry.example.com/app:1', 'registry.example.com/app:2'],
    cacheTo: ['type=inline'],
    noCacheFilter: ['tools'],
    entitlements: ['security.insecure'],
    pull: true,
    dockerfile: new URL('file:///elsewhere/Dockerfile'),
  }
  expect(buildOf(spelt)).toMatchObject({
    shmSize: 134_217_728,
    ulimits: [
      { name: 'nofile', soft: 1024, hard: 2048 },
      { name: 'core', soft: -1, hard: -1 },
    ],
    cacheFrom: [
      { type: 'registry', attributes: { ref: 'registry.example.com/app:1' } },
      { type: 'registry', attributes: { ref: 'registry.example.com/app:2' } },
    ],
    cacheTo: [{ type: 'inline', attributes: {} }],
    noCache: ['tools'],
    entitlements: ['security.insecure'],
    pull: true,
    dockerfile: '/elsewhere/Dockerfile',
  })
  expect(buildOf({ shmSize: 1024, cacheTo: ['inline'] })).toMatchObject({
    shmSize: 1024,
    cacheTo: [{ type: 'inline', attributes: {} }],
  })
  expect(buildOf({})).toMatchObject({ pull: false, cacheTo: [], noCache: false, ulimits: [], secrets: {}, ssh: {} })
  expect(buildOf({ noCache: true, noCacheFilter: ['tools'] })).toMatchObject({ noCache: true })
})

it.each<[CacheOption, object]>([
  ['type=local,dest=cache,mode=max', { type: 'local', attributes: { dest: '/project/cache', mode: 'max' } }],
  [
    { type: 'local', dest: '~/cache' },
    { type: 'local', attributes: { dest: `${homedir()}/cache` } },
  ],
  ['type=gha', { type: 'gha', attributes: {} }],
  ['type=s3,bucket=b,"prefix=a,b"', { type: 's3', attributes: { bucket: 'b', prefix: 'a,b' } }],
  ['TYPE=azblob,name=n,account_url=x=y', { type: 'azblob', attributes: { name: 'n', account_url: 'x=y' } }],
  ['registry.example.com/app:2', { type: 'registry', attributes: { ref: 'registry.example.com/app:2' } }],
])('reads the cache %j', (option, expected) => {
  expect(buildOf({ cacheTo: [option] })?.cacheTo).toEqual([expected])
})

it('takes all of a platform’s own over the pipeline’s, by id if there are ids, and calls functions', () => {
  const build = buildOf(
    {
      secrets: { token: { env: 'TOKEN' }, npmrc: { file: '~/.npmrc' } },
      ssh: { default: 'agent' },
      shmSize: '64m',
      dockerfile: 'Dockerfile.all',
    },
    {
      secrets: ({ variant = '' }) => ({ token: { env: `TOKEN_${variant}` } }),
      ssh: { deploy: { keys: ['keys/deploy', new URL('file:///keys/other')] }, ci: { agent: '/run/agent' } },
      shmSize: () => '32m',
      dockerfileInline: 'ARG BASE_IMAGE\nFROM $BASE_IMAGE\n',
    },
  )
  expect(build).toMatchObject({
    secrets: { token: { kind: 'env', name: 'TOKEN_v7' }, npmrc: { kind: 'file', path: `${homedir()}/.npmrc` } },
    ssh: {
      default: { kind: 'agent' },
      deploy: { kind: 'keys', files: ['/project/keys/deploy', '/keys/other'] },
      ci: { kind: 'agent', socket: '/run/agent' },
    },
    shmSize: 33_554_432,
    dockerfile: 'Dockerfile',
    dockerfileInline: 'ARG BASE_IMAGE\nFROM $BASE_IMAGE\n',
  })
})

it('prints no value of a secret', async () => {
  const secrets = buildOf({ secrets: { token: { value: 'hunter2' } } })?.secrets
  expect(inspect(secrets, { depth: Infinity, showHidden: true })).not.toContain('hunter2')
  expect(JSON.stringify(secrets)).not.toContain('hunter2')
  expect(secrets?.['token']?.kind === 'value' && secrets['token'].read()).toBe('hunter2')
})

it.each<[string, BuildSettings['context'] & (string | object | false), object]>([
  ['a directory', 'src', { kind: 'directory', path: '/project/src' }],
  ['a directory in the home', '~/src', { kind: 'directory', path: `${homedir()}/src` }],
  ['a file: URL', new URL('file:///src'), { kind: 'directory', path: '/src' }],
  ['nothing', false, { kind: 'none', directory: '/project' }],
  ['an archive', { tar: 'context.tar.gz' }, { kind: 'tar', file: '/project/context.tar.gz' }],
  ['a repository', 'https://example.com/a.git', { kind: 'git', url: 'https://example.com/a.git' }],
  [
    'a part of a commit',
    'git@example.com:team/a.git#v1:sub',
    { kind: 'git', url: 'git@example.com:team/a.git', ref: 'v1', subdirectory: 'sub' },
  ],
  ['a part of the head', 'ssh://example.com/a#:sub', { kind: 'git', url: 'ssh://example.com/a', subdirectory: 'sub' }],
])('reads %s as a context', (_what, context, expected) => {
  expect(buildOf({ context })?.context).toEqual(expected)
})

it('sends files with their own modes unless git’s are requested', () => {
  expect(buildOf({})).toMatchObject({ fileModes: 'exact' })
  expect(buildOf({ fileModes: 'git' }, { fileModes: () => 'exact' })).toMatchObject({ fileModes: 'exact' })
  expect(buildOf({ fileModes: 'git' })).toMatchObject({ fileModes: 'git' })
  expect(() => buildOf({ fileModes: 'umask' as 'git' })).toThrow('must be one of exact, git')
  expect(buildOf({ cache: 'registry' })).toMatchObject({ cache: 'registry' })
  expect(() => buildOf({ cache: 'gha' as 'registry' })).toThrow("must be 'registry'; other caches are cacheFrom")
})

it('reads named contexts by the names that BuildKit looks them up by', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  const contexts = {
    assets: './assets',
    'docker.io/library/golang:latest': 'docker-image://golang:1.24',
    'registry.example.com/team/app:2': `oci-layout://layout:2@${digest}`,
    layout: 'oci-layout://~/layout',
    source: 'https://example.com/source.git#main:lib',
    archive: { tar: 'archive.tar' },
  }
  const own = { contexts: { assets: new URL('file:///elsewhere') } }
  expect(buildOf({ contexts }, own)?.contexts).toEqual({
    assets: { kind: 'directory', path: '/elsewhere' },
    golang: { kind: 'image', name: 'docker.io/library/golang:1.24' },
    'registry.example.com/team/app:2': { kind: 'layout', directory: '/project/layout', tag: '2', digest },
    layout: { kind: 'layout', directory: `${homedir()}/layout` },
    source: { kind: 'git', url: 'https://example.com/source.git', ref: 'main', subdirectory: 'lib' },
    archive: { kind: 'tar', file: '/project/archive.tar' },
  })
})

it('takes another pipeline as a context, and compiles it', () => {
  const tools = pipeline('registry.example.com/tools').platforms(platform('amd64', { base: fromImage('alpine') }))
  const app = pipeline('registry.example.com/app')
    .platforms(platform('amd64', { base: fromImage('alpine') }))
    .build({ contexts: { tools } })
  const { pipelines } = compile([app])
  expect(pipelines.map(({ name, requested }) => [name, requested])).toEqual([
    ['tools', false],
    ['app', true],
  ])
  expect(pipelines[1]?.platforms[0]?.build.contexts).toEqual({ tools: { kind: 'pipeline', pipeline: 'tools' } })
})

it('names each issue of a pipeline that is a context', () => {
  const tools = pipeline('registry.example.com/tools')
  const app = pipeline('registry.example.com/app')
    .platforms(platform('amd64', { base: fromImage('alpine') }))
    .build({ contexts: { tools } })
  expect(() => compile([app])).toThrow('no platforms')
})
