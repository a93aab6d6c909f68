import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushManifest, pushTinyImage } from '../../../../test/support/push-tiny.js'
import { type TempFolder, tempFolder } from '../../../../test/support/temp-folder.js'
import { type TinyImage, tinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import { defineBase, definePlugin } from '../../src/definition/plugin/index.js'
import { fromImage, type ImageBase, lock, type Plan, type Policy, pipeline, plan, platform } from '../../src/index.js'
import { digestOf } from '../../src/model/digest.js'
import type { StoredManifest } from '../../src/model/oci.js'
import { createRegistry } from '../../src/registry/client.js'
import type { Registry } from '../../src/registry/port.js'
import { parseSigningKey, type SigningKey } from '../../src/trust/keys/signing-key.js'
import { signManifest } from '../../src/trust/sign.js'
import { keySigner } from '../../src/trust/signer.js'
import { type TestRegistry, testRegistry } from '../registry-server/test-registry.js'

const ENGINES = ['unix:///nowhere/docker.sock']

async function newKey(): Promise<{ readonly key: SigningKey; readonly pub: string }> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return {
    key: await parseSigningKey(pem, undefined),
    pub: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}

describe('bases that must be signed', () => {
  const cleanup = new Cleanup()
  let registry: TestRegistry
  let client: Registry
  let folder: TempFolder
  let image: TinyImage
  let index: StoredManifest
  let own: { readonly key: SigningKey; readonly pub: string }
  let other: string

  beforeAll(async () => {
    registry = cleanup.use(await testRegistry())
    client = cleanup.use(createRegistry())
    folder = cleanup.use(await tempFolder('verify'))
    own = await newKey()
    other = (await newKey()).pub
    await writeFile(join(folder.path, 'cosign.pub'), own.pub)
    const created = new Date(Date.now() - 40 * 24 * 60 * 60_000).toISOString()
    image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' }, created })
    index = tinyIndex([image])
    for (const repository of ['listed', 'own', 'unsigned']) {
      await pushTinyImage({ url: registry.server.url, repository }, image)
      await pushManifest({ url: registry.server.url, repository }, index, '1')
    }
    await sign('listed', index)
    await sign('own', image.manifest)
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  const sign = (repository: string, { descriptor }: StoredManifest) =>
    signManifest({ registry: registry.server.host, repository, descriptor }, keySigner(own.key), client, {})

  function app(base: ImageBase, dockerfile = 'FROM ${BASE_IMAGE}') {
    return pipeline(`${registry.server.host}/app`)
      .platforms(platform('amd64', { base }))
      .build({ context: false, dockerfileInline: `ARG BASE_IMAGE\n${dockerfile}\n` })
      .tags('1')
  }

  const from = (repository: string, key: string | URL) =>
    fromImage(`${registry.server.host}/${repository}:1`, { verify: { key } })
  const planned = (one: ReturnType<typeof app>, options: object = {}): Promise<Plan> =>
    plan(one, { engines: ENGINES, directory: folder.path, ...options })

  it('are used if the index or the image is signed by the key: a path, a URL or PEM', async () => {
    const keys = ['cosign.pub', pathToFileURL(join(folder.path, 'cosign.pub')), own.pub]
    for (const repository of ['listed', 'own'])
      for (const key of keys) expect((await planned(app(from(repository, key)))).tags).toHaveLength(1)
  })

  it('are rejected in the plan if they are unsigned, or another key signed them', async () => {
    const base = `${registry.server.host}/unsigned@${index.descriptor.digest}`
    await expect(planned(app(from('unsigned', 'cosign.pub')))).rejects.toMatchObject({
      code: 'SIGNATURE_MISSING',
      node: 'app base(linux/amd64)',
      message: `base ${base} has no signature of the key cosign.pub`,
    })
    await expect(planned(app(from('listed', other)))).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' })
  })

  it('are rejected for a plugin that requires it', async () => {
    const reference = `${registry.server.host}/unsigned:1`
    const source = () =>
      ({ kind: 'registry', reference, configPolicy: 'require-match', verify: { key: own.pub } }) as const
    const os = defineBase({ platforms: ['linux/amd64'], options: {}, source })
    const plugin = definePlugin({ name: 'os', bases: { os } })
    const named = pipeline(`${registry.server.host}/app`)
      .use(plugin)
      .platforms(platform('amd64', { base: 'os' }))
      .build({ context: false, dockerfileInline: 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n' })
      .tags('1')
    await expect(plan(named, { engines: ENGINES })).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' })
  })

  it('are verified by the digests of the lock, which must be of one index', async () => {
    const directory = join(folder.path, 'locked')
    await mkdir(directory)
    const one = app(from('listed', own.pub))
    await lock(one, { directory })
    expect((await planned(one, { directory })).tags).toHaveLength(1)
    const strange = await tinyImage({ platform: image.platform, files: { other: 'content' } })
    await pushTinyImage({ url: registry.server.url, repository: 'listed' }, strange)
    const path = join(directory, 'polyarch.lock')
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replaceAll(image.manifest.descriptor.digest, strange.manifest.descriptor.digest))
    await expect(planned(one, { directory })).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' })
  })

  it('have their signer in the lock, and another one is noted, or an error if the lock is frozen', async () => {
    const directory = join(folder.path, 'locked-signer')
    await mkdir(directory)
    const path = join(directory, 'polyarch.lock')
    const one = app(from('listed', own.pub))
    await lock(one, { directory })
    const der = createPublicKey(own.pub).export({ type: 'spki', format: 'der' })
    const signer = `fingerprint=${digestOf(der)}`
    const text = await readFile(path, 'utf8')
    expect(text).toContain(signer)
    expect((await planned(one, { directory, frozen: true })).notes).toEqual([])

    await writeFile(path, text.replace(signer, `fingerprint=${digestOf(Buffer.from('another key'))}`))
    const message = expect.stringMatching(/has the signer the key sha256:\w+, but its base requires the key sha256:\w+/)
    expect((await planned(one, { directory })).notes).toContainEqual(message)
    await expect(planned(one, { directory, frozen: true })).rejects.toMatchObject({ code: 'LOCK_INVALID', message })
    const unverified = app(fromImage(`${registry.server.host}/listed:1`))
    const none = expect.stringContaining('but its base requires no signer')
    expect((await planned(unverified, { directory })).notes).toContainEqual(none)

    const { changes } = await lock(one, { directory, update: true })
    expect(changes).toMatchObject([{ change: 'moved', to: expect.stringContaining(' signed by the key sha256:') }])
    expect(await readFile(path, 'utf8')).toBe(text)

    await writeFile(path, text.replace(` ${signer}`, ''))
    expect((await planned(one, { directory, frozen: true })).notes).toEqual([])
    await lock(one, { directory })
    expect(await readFile(path, 'utf8')).toBe(text)
  })

  it('name a key that cannot be used', async () => {
    const wrong = [
      [from('listed', 'absent.pub'), 'USAGE', /absent\.pub does not exist/],
      [from('listed', '-----BEGIN PUBLIC KEY-----'), 'USAGE', /the key cannot be used: it is not a key in PEM/],
      [from('listed', ''), 'DEFINITION_INVALID', /verify has no valid key/],
      [fromImage('a', { verify: { pem: '' } as never }), 'DEFINITION_INVALID', /verify has no option 'pem'/],
    ] as const
    for (const [base, code, message] of wrong)
      await expect(planned(app(base))).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  describe('under a policy', () => {
    const unsigned = () => app(fromImage(`${registry.server.host}/unsigned:1`))
    const messages = async (one: ReturnType<typeof app>, policy: object) =>
      (await planned(one, { policy })).errors
        .flatMap(({ code, message, issues = [] }) =>
          code === 'POLICY_VIOLATED' ? issues.map((issue) => issue.message) : [message],
        )
        .filter((message) => !message.includes('engine'))

    it('have an issue for each violation', async () => {
      const copy = `COPY --from=${registry.server.host}/own:1 /etc/tiny /\nFROM $BASE_IMAGE`
      const policy = { registries: ['docker.io'], signers: [{ key: own.pub }], maxBaseAge: '30d' }
      expect(
        await messages(
          app(fromImage(`${registry.server.host}/unsigned:1`), `FROM scratch AS x\n${copy}\nCOPY --from=x / /`),
          policy,
        ),
      ).toEqual([
        `the policy does not allow images from ${registry.server.host}/unsigned`,
        `base ${registry.server.host}/unsigned:1 has no signature of a signer that the policy allows`,
        expect.stringMatching(/^base \S+ is of \S+, older than the policy allows$/),
        `the policy does not allow images from ${registry.server.host}/own`,
      ])
    })

    it('are allowed by host and path, signer and age', async () => {
      const { host } = registry.server
      const policy = { signers: [{ key: other }, { key: own.pub }], maxBaseAge: '41d' }
      const listed = app(fromImage(`${host}/listed:1`))
      for (const registries of [[host], [`${host}/listed`], ['docker.io', `${host}/`]])
        expect(await messages(listed, { ...policy, registries })).toEqual([])
      expect(await messages(listed, { registries: [`${host}/list`] })).toHaveLength(1)
    })

    it('is configured as documented', async () => {
      const { host } = registry.server
      const os = fromImage(`${host}/listed:1`, { verify: { key: 'cosign.pub' } })
      const policy: Policy = {
        registries: ['docker.io/library', 'ghcr.io/team'],
        signers: [{ key: 'cosign.pub' }],
        maxBaseAge: '90d',
        allowEndOfLife: false,
        allowEmulation: false,
      }
      expect(await messages(app(os), policy)).toEqual([expect.stringContaining(`does not allow images from ${host}`)])
    })

    it('have notes in the mode warn', async () => {
      const { errors, notes } = await planned(unsigned(), { policy: { registries: ['ghcr.io'], mode: 'warn' } })
      expect(errors.filter(({ code }) => code === 'POLICY_VIOLATED')).toEqual([])
      expect(notes).toContainEqual(
        expect.stringMatching(/^policy: app base\(linux\/amd64\): the policy does not allow/),
      )
    })

    it('have an issue past their end of life', async () => {
      const reference = `${registry.server.host}/unsigned:1`
      const source = () =>
        ({ kind: 'registry', reference, configPolicy: 'require-match', endOfLife: '2020-01-01' }) as const
      const os = defineBase({ platforms: ['linux/amd64'], options: {}, source })
      const old = pipeline(`${registry.server.host}/app`)
        .use(definePlugin({ name: 'os', bases: { os } }))
        .platforms(platform('amd64', { base: 'os' }))
        .build({ context: false, dockerfileInline: 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n' })
        .tags('1')
      const errorsWith = async (policy: object) =>
        (await plan(old, { engines: ENGINES, policy })).errors.filter(({ code }) => code === 'POLICY_VIOLATED')
      expect(await errorsWith({})).toEqual([])
      expect(await errorsWith({ allowEndOfLife: false })).toMatchObject([
        { message: expect.stringMatching(/its end of life was 2020-01-01/) },
      ])
    })

    it('have an issue if the policy is not valid', async () => {
      const policy = {
        registries: 'docker.io',
        signers: [{}],
        maxBaseAge: 30,
        mode: 'ask',
        maxAge: '1d',
        allowEmulation: 1,
      }
      const error = await planned(unsigned(), { policy }).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'USAGE' })
      expect((error as { issues: { path: string }[] }).issues.map(({ path }) => path)).toEqual([
        'policy.maxAge',
        'policy.registries',
        'policy.signers[0]',
        'policy.maxBaseAge',
        'policy.allowEmulation',
        'policy.mode',
      ])
      await expect(planned(unsigned(), { policy: { maxBaseAge: 'old' } })).rejects.toThrow(
        /policy\.maxBaseAge: duration 'old'/,
      )
    })
  })
})
