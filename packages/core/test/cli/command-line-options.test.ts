import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { tinyImage } from '../../../../test/support/tiny-image.js'
import type { RunOptions } from '../../src/cli/command.js'
import { main } from '../../src/cli/main.js'
import { fromImage, pipeline, plan, platform } from '../../src/index.js'
import { staticCredentials } from '../../src/registry/index.js'
import { startRegistry } from '../../src/registry-server/index.js'

const LOGIN = { username: 'ada', password: 's3cret' }

describe('what run(...) takes after the pipelines', () => {
  const cleanup = new Cleanup()
  let directory: string
  let options: RunOptions
  let host: string

  beforeAll(async () => {
    directory = cleanup.use(await tempFolder('command-line')).path
    const auth = { kind: 'basic', users: { [LOGIN.username]: LOGIN.password } } as const
    const registry = cleanup.use(await startRegistry({ directory: join(directory, 'registry'), auth }))
    host = registry.host
    const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
    await pushTinyImage({ url: registry.url, repository: 'base', login: LOGIN }, image, '1')
    options = {
      directory,
      engines: ['unix:///nowhere/docker.sock'],
      registryClient: { credentials: staticCredentials({ [host]: { kind: 'password', ...LOGIN } }) },
    }
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  /** What a command of a `build.ts` prints, on either stream. */
  async function output(argv: readonly string[], given: RunOptions): Promise<string> {
    const app = pipeline(`${host}/app`)
      .platforms(platform('amd64', { base: fromImage(`${host}/base:1`) }))
      .build({ context: false, dockerfileInline: 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n' })
      .tags('1.0')
    let said = ''
    const write = (text: string) => {
      said += text
    }
    const process = { argv: ['node', 'build.ts', ...argv], env: {}, stdout: { write }, stderr: { write } }
    await main([app, given], { ...process, on: () => {}, off: () => {} })
    return said
  }

  it.each([
    [['plan'], /create +app image/],
    [['graph'], /image linux\/amd64 +create/],
    [['lock'], /polyarch\.lock: 1 locked/],
    [['inspect', 'HOST/base:1'], /linux\/amd64/],
    [['inspect', 'elsewhere.example.com/base:1', '--registry', 'HOST'], /\/base:1@sha256:[\s\S]*linux\/amd64/],
    [['promote', 'HOST/base:1', '2'], /base:2 +now/],
    [['prune'], /^no unneeded key tags$/m],
    [['doctor'], /repository \S+: can be pulled from and pushed to/],
    [['assemble'], /PLATFORM_MISSING|NOT_FOUND/],
    [['--progress', 'quiet'], /no engine answers at unix:\/\/\/nowhere/],
  ])('is for %j', async (written, expected) => {
    const argv = written.map((word) => word.replace('HOST', host))
    expect(await output(argv, options)).toMatch(expected)
    expect(await output(argv, {})).toContain('401')
  })

  it('is noted by `export` if bake has nothing like it', async () => {
    const said = await output(['export'], { ...options, sign: { key: { env: 'KEY' } }, policy: { maxBaseAge: '9d' } })
    expect(said).toContain('note: bake does not sign')
    expect(said).toContain('note: bake does not apply the policy of build.ts')
    expect(await output(['export'], options)).not.toMatch(/does not sign|policy/)
  })

  it('signs with the key of `sign`, unless --no-sign is given', async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const value = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    expect(await output(['plan'], { ...options, sign: { key: { value } } })).toMatch(/^sign +app image/m)
    const absent = { ...options, sign: { key: { file: 'absent.key' } } }
    expect(await output(['plan'], absent)).toMatch(/the signing key is in .*absent\.key, which does not exist/)
    expect(await output(['plan', '--no-sign'], absent)).not.toMatch(/sign/)
  })

  it('has a policy, whose mode --policy replaces', async () => {
    const strict = { ...options, policy: { registries: ['ghcr.io'] } }
    expect(await output(['plan'], strict)).toMatch(
      /^error: .*the policy does not allow images from .* \(POLICY_VIOLATED\)$/m,
    )
    expect(await output(['plan', '--policy', 'warn'], strict)).toMatch(/^note: policy: app base\(linux\/amd64\): /m)
    const lenient = { ...options, policy: { ...strict.policy, mode: 'warn' as const } }
    expect(await output(['--policy', 'enforce'], lenient)).toMatch(/the policy does not allow images from/)
    expect(await output(['plan', '--policy', 'warn'], options)).toMatch(/--policy: build\.ts has no policy/)
  })

  it('names builders that exist, also if nothing is built and none is contacted', async () => {
    for (const flag of ['--builder', '--engine']) {
      expect(await output(['plan', flag, 'nosuch'], options)).toMatch(/^error: .*'nosuch'.*\n {2}hint: /)
    }
    const app = pipeline(`${host}/app`).platforms(platform('amd64', { base: fromImage(`${host}/base:1`) }))
    const nothingToBuild = { ...options, engines: ['nosuch'], build: false } as const
    await expect(plan(app.build({ context: '.' }), nothingToBuild)).rejects.toMatchObject({
      code: 'ENGINE_UNREACHABLE',
    })
  })

  it('comes after what a flag sets', async () => {
    for (const flag of ['--builder', '--engine']) {
      const argv = [flag, 'unix:///elsewhere/docker.sock', '--progress', 'quiet']
      expect(await output(argv, options)).toContain('no engine answers at unix:///elsewhere')
    }
    expect(await output(['inspect'], { registry: '127.0.0.1:9' })).toContain('127.0.0.1:9/v2/app')
    expect(await output(['inspect', '--registry', '127.0.0.1:8'], { registry: '127.0.0.1:9' })).toContain(
      '127.0.0.1:8/v2/app',
    )
  })
})
