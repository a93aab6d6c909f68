import { sign as cryptoSign, generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type ExecuteOptions,
  execute,
  fromImage,
  type Pipeline,
  pipeline,
  plan,
  platform,
  type SignOptions,
} from '../../packages/core/src/index.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { testRegistry } from '../../packages/core/test/registry-server/test-registry.js'
import { sidProgramPath } from '../../scripts/setup/sid-programs.mjs'
import { runProgram } from '../support/child.js'
import { Cleanup } from '../support/cleanup.js'
import { COSIGN_PASSWORD, type Cosign, cosignKeyPair, OFFLINE, openCosign } from '../support/cosign.js'
import { startDebianRegistry } from '../support/debian-registry.js'
import { AMD64, ARM, pushBase } from './project.js'

interface Site {
  readonly host: string
  readonly url: string
  /** The number of requests so far other than GET and HEAD. */
  writes(): Promise<number>
}

const isWrite = (request: string) => !/^(GET|HEAD) /.test(request)

async function debian(cleanup: Cleanup): Promise<Site> {
  const { host, url, requests } = cleanup.use(await startDebianRegistry())
  return { host, url, writes: async () => (await requests()).filter(isWrite).length }
}

async function embedded(cleanup: Cleanup): Promise<Site> {
  const { server, requests } = cleanup.use(await testRegistry())
  const { host, url } = server
  return { host, url, writes: async () => requests.filter(({ method }) => isWrite(`${method} `)).length }
}

/** docker-registry 2.8 has no referrers API; the embedded registry has one. */
describe.each([
  ['docker-registry', debian],
  ['the embedded registry', embedded],
])('signatures on %s', (_, start) => {
  const cleanup = new Cleanup()
  let site: Site
  let cosign: Cosign
  let app: Pipeline
  let options: ExecuteOptions

  beforeAll(async () => {
    site = await start(cleanup)
    cosign = cleanup.use(await openCosign())
    await cosignKeyPair(cosign)
    const bases = [AMD64, ARM].map((one) =>
      pushBase({ ...site, repository: `base-${one.architecture}` }, { platform: one }),
    )
    const [wide = '', narrow = ''] = await Promise.all(bases)
    app = pipeline(`${site.host}/app`)
      .platforms(
        platform('amd64', { base: fromImage(wide) }),
        platform('arm', { variant: 'v7', base: fromImage(narrow) }),
      )
      .build({ context: false, dockerfileInline: 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nRUN true > /built\n' })
      .build({ network: 'none' })
      .tags('1', `${site.host}/elsewhere/app:1`)
    const password = COSIGN_PASSWORD
    const sign: SignOptions = { key: { file: 'cosign.key' }, password: { value: () => password } }
    options = { directory: cosign.folder, sign }
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  it('are added to images published unsigned, and verify with cosign in every tagged repository', async () => {
    const { sign: _sign, ...unsigned } = options
    await execute(app, unsigned)
    await expect(cosign.run('verify', ...OFFLINE, '--key', 'cosign.pub', `${site.host}/app:1`)).rejects.toThrow(
      /no signatures found/,
    )
    const { signatures = [] } = await plan(app, options)
    expect(new Set(signatures.map(({ action }) => action))).toEqual(new Set(['sign']))
    expect(signatures.map(({ repository }) => repository)).toContain(`${site.host}/elsewhere/app`)
    const report = await execute(app, options)
    expect(report.signatures?.map(({ outcome }) => outcome)).toEqual(['signed', 'signed', 'signed'])
    const { images } = await inspect(`${site.host}/app:1`)
    for (const name of ['app', 'elsewhere/app']) {
      const place = `${site.host}/${name}`
      for (const image of [`${place}:1`, ...images.map(({ digest }) => `${place}@${digest}`)]) {
        const [claim] = JSON.parse(await cosign.run('verify', ...OFFLINE, '--key', 'cosign.pub', image))
        expect(claim.critical.type).toBe('https://sigstore.dev/cosign/sign/v1')
        // The signature format of cosign 2.
        const old = await cosign.run('verify', ...OFFLINE, '--new-bundle-format=false', '--key', 'cosign.pub', image)
        expect(JSON.parse(old)[0].critical.type).toBe('cosign container image signature')
      }
    }
    const tree = await cosign.run('tree', '--allow-http-registry', `${site.host}/app:1`)
    expect(tree).toMatch(/Signatures for an image tag/)
    expect(tree).toMatch(/cosign\/sign\/v1 artifacts via OCI referrer/)
    const found = await runProgram(sidProgramPath('oras'), ['discover', '--plain-http', `${site.host}/app:1`])
    expect(found.stdout).toContain('application/vnd.dev.sigstore.bundle.v0.3+json')
  })

  it('are kept by a run without changes, which sends no write requests', async () => {
    const before = await site.writes()
    const { signatures = [] } = await plan(app, options)
    expect(new Set(signatures.map(({ action }) => action))).toEqual(new Set(['keep']))
    const report = await execute(app, options)
    expect(report.signatures?.map(({ outcome }) => outcome)).toEqual(['kept', 'kept', 'kept'])
    expect(await site.writes()).toBe(before)
  })

  it('are pushed before a tag moves, and no tag moves if signing fails', async () => {
    const next = app.build({ dockerfileInline: 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nRUN true > /next\n' })
    const { digest } = await inspect(`${site.host}/app:1`)
    const { pub } = await cosignKeyPair(cleanup.use(await openCosign()))
    const sign = () => Promise.reject(new Error('the service is down'))
    await expect(execute(next, { ...options, sign: { key: { publicKey: pub, sign } } })).rejects.toMatchObject({
      code: 'SIGNING_FAILED',
      message: expect.stringContaining('the service is down'),
    })
    expect((await inspect(`${site.host}/app:1`)).digest).toBe(digest)
    const events: string[] = []
    await execute(next, { ...options, onEvent: ({ kind }) => events.push(kind) })
    expect(events.lastIndexOf('signed')).toBeLessThan(events.indexOf('tag-moved'))
    expect(await cosign.run('verify', ...OFFLINE, '--key', 'cosign.pub', `${site.host}/elsewhere/app:1`)).toContain(
      'docker-manifest-digest',
    )
  })

  it('can be made by an external signing service', async () => {
    const { privateKey, publicKey: pub } = generateKeyPairSync('rsa', { modulusLength: 3072 })
    const publicKey = pub.export({ type: 'spki', format: 'pem' }).toString()
    const client = { asymmetricSign: async (data: Uint8Array) => cryptoSign('sha256', data, privateKey) }
    const service: SignOptions = {
      key: { publicKey, sign: (data) => client.asymmetricSign(data) },
    }
    await execute(app, { ...options, sign: service })
    await writeFile(join(cosign.folder, 'service.pub'), publicKey)
    for (const key of ['service.pub', 'cosign.pub'])
      expect(await cosign.run('verify', ...OFFLINE, '--key', key, `${site.host}/app:1`)).toContain('critical')
  })

  it('require a usable key, which the plan checks', async () => {
    await writeFile(join(cosign.folder, 'text'), 'no key')
    const wrong = [
      [{ file: 'absent.key' }, 'SECRET_UNAVAILABLE', /the signing key is in .*absent\.key, which does not exist/],
      [{ file: 'text' }, 'SECRET_UNAVAILABLE', /not a private key in PEM/],
      [{ path: 'cosign.key' }, 'USAGE', /sign\.key/],
      [{ publicKey: 'none', sign: () => Buffer.from('') }, 'USAGE', /sign\.key\.publicKey/],
    ] as const
    for (const [key, code, message] of wrong) {
      const sign = { key } as unknown as NonNullable<ExecuteOptions['sign']>
      await expect(plan(app, { ...options, sign })).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      })
    }
    const sign = { key: { file: 'cosign.key' }, password: { value: 'wrong' } }
    await expect(plan(app, { ...options, sign })).rejects.toThrow(/its password is wrong/)
  })
})
