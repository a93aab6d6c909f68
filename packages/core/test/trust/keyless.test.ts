import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushManifest, pushTinyImage } from '../../../../test/support/push-tiny.js'
import { startSigstore, type TestSigstore } from '../../../../test/support/sigstore.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { tinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import { fromImage, pipeline, plan, platform, type SignOptions } from '../../src/index.js'
import { encodeManifest, isIndex, MEDIA_TYPES, type StoredManifest } from '../../src/model/oci.js'
import { openSigner } from '../../src/operations/trust/sign-options.js'
import { createRegistry } from '../../src/registry/client.js'
import { cosignReference } from '../../src/registry/manifests/cosign-tags.js'
import type { Registry } from '../../src/registry/port.js'
import { missingSignatures, signManifest } from '../../src/trust/sign.js'
import { statementOn } from '../../src/trust/signatures/statement.js'
import { type TestRegistry, testRegistry } from '../registry-server/test-registry.js'

const WORKFLOW = 'https://github.com/team/app/.github/workflows/publish.yml@refs/heads/main'
const ISSUER = 'https://token.actions.githubusercontent.com'

describe('signatures for an identity', () => {
  const cleanup = new Cleanup()
  let sigstore: TestSigstore
  let registry: TestRegistry
  let client: Registry
  let index: StoredManifest
  let directory: string

  beforeAll(async () => {
    sigstore = cleanup.use(await startSigstore())
    registry = cleanup.use(await testRegistry())
    client = cleanup.use(createRegistry())
    directory = cleanup.use(await tempFolder('keyless')).path
    await writeFile(join(directory, 'trusted-root.json'), sigstore.trustedRoot)
    const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
    index = tinyIndex([image])
    for (const repository of ['app', 'other', 'tagged', 'stated']) {
      await pushTinyImage({ url: registry.server.url, repository }, image)
      await pushManifest({ url: registry.server.url, repository }, index, '1')
    }
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  const optionsFor = (identity: string, tokenOf = identity): SignOptions => ({
    keyless: {
      ...{ identity, issuer: ISSUER, trustedRoot: 'trusted-root.json' },
      ...{ fulcio: sigstore.url, rekor: sigstore.url },
      token: { value: () => sigstore.token(tokenOf, ISSUER) },
    },
  })
  const signerFor = (...given: Parameters<typeof optionsFor>) => openSigner(optionsFor(...given), directory, {})
  const target = (repository = 'app') => ({ registry: registry.server.host, repository, descriptor: index.descriptor })
  const planned = (repository: string, identity: string, issuer = ISSUER) =>
    plan(
      pipeline(`${registry.server.host}/made`)
        .platforms(
          platform('amd64', {
            base: fromImage(`${registry.server.host}/${repository}:1`, {
              verify: { identity, issuer, trustedRoot: 'trusted-root.json' },
            }),
          }),
        )
        .build({ context: false, dockerfileInline: 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n' })
        .tags('1'),
      { directory, engines: ['unix:///nowhere/docker.sock'] },
    )

  it('are made once, in the forms of cosign 3 and 2, and found by the identity', async () => {
    const signer = await signerFor(WORKFLOW)
    const statements = [{ bytes: statementOn(index.descriptor.digest, 'urn:test', {}) }]
    const manifest = { ...target(), statements }
    expect(await missingSignatures(manifest, signer, client, {})).toEqual({
      bundle: true,
      tag: true,
      statements,
      taggedStatements: statements,
    })
    expect(await signManifest(manifest, signer, client, {})).toBe(true)
    expect(await signManifest(manifest, await signerFor(WORKFLOW), client, {})).toBe(false)
    const other = await missingSignatures(manifest, await signerFor(`${WORKFLOW}2`), client, {})
    expect(other).toEqual({ bundle: true, tag: true, statements, taggedStatements: statements })
  })

  it('on statements are not found if their verification material was changed', async () => {
    const signer = await signerFor(WORKFLOW)
    const statements = [{ bytes: statementOn(index.descriptor.digest, 'urn:changed', {}) }]
    const manifest = { ...target('stated'), statements }
    await signManifest(manifest, signer, client, {})
    const place = { registry: registry.server.host, repository: 'stated' }
    const reference = cosignReference(place, index.descriptor.digest, '.att')
    const stored = await client.getManifest(reference)
    if (stored === undefined || isIndex(stored.content)) throw new Error('the tag has no statement')
    const { content } = stored
    const names = Object.keys(content.layers[0]?.annotations ?? {}).filter((name) => name.includes('sigstore'))
    expect(names).toHaveLength(2)
    for (const name of names) {
      for (const value of ['AAAA', '{', '{"Payload":{"body":"e30="}}']) {
        const layers = content.layers.map((one) => ({ ...one, annotations: { ...one.annotations, [name]: value } }))
        await client.putManifest(reference, encodeManifest({ ...content, layers }, MEDIA_TYPES.ociManifest))
        const { taggedStatements } = await missingSignatures(manifest, signer, client, {})
        expect(taggedStatements).toEqual(statements)
      }
    }
    await client.putManifest(reference, stored)
    expect((await missingSignatures(manifest, signer, client, {})).taggedStatements).toEqual([])
  })

  it('are required of bases', async () => {
    await signManifest(target(), await signerFor(WORKFLOW), client, {})
    expect((await planned('app', WORKFLOW)).tags).toHaveLength(1)
    const wrong = [
      ['other', WORKFLOW, ISSUER],
      ['app', WORKFLOW, 'https://gitlab.com'],
      ['app', WORKFLOW.slice(0, -1), ISSUER],
      ['app', WORKFLOW.replace('github.com', 'githubXcom'), ISSUER],
      ['app', '.*', ISSUER],
    ] as const
    for (const [repository, identity, issuer] of wrong)
      await expect(planned(repository, identity, issuer)).rejects.toMatchObject({
        code: 'SIGNATURE_MISSING',
        message: expect.stringContaining(`has no signature of ${identity} of ${issuer}`),
      })
  })

  it('of cosign 2 alone are sufficient for bases, unless they were changed', async () => {
    await signManifest(target('tagged'), await signerFor(WORKFLOW), client, {})
    const place = { registry: registry.server.host, repository: 'tagged' }
    for (const { digest } of await client.listReferrers(place, index.descriptor.digest))
      await client.deleteManifest({ ...place, digest })
    expect((await planned('tagged', WORKFLOW)).tags).toHaveLength(1)
    await expect(planned('tagged', `${WORKFLOW}2`)).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' })
    const reference = cosignReference(place, index.descriptor.digest, '.sig')
    const stored = await client.getManifest(reference)
    const { content } = stored ?? {}
    if (content === undefined || isIndex(content)) throw new Error('the tag has no signature')
    const [layer] = content.layers
    for (const name of Object.keys(layer?.annotations ?? {})) {
      const changed = { ...layer?.annotations, [name]: 'AAAA' }
      const layers = content.layers.map((one) => ({ ...one, annotations: changed }))
      await client.putManifest(reference, encodeManifest({ ...content, layers }, MEDIA_TYPES.ociManifest))
      await expect(planned('tagged', WORKFLOW)).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' })
    }
    if (stored !== undefined) await client.putManifest(reference, stored)
    expect((await planned('tagged', WORKFLOW)).tags).toHaveLength(1)
  })

  it('are rejected if the token belongs to another identity, or other services signed', async () => {
    const signer = await signerFor(WORKFLOW, 'https://github.com/else')
    await expect(signManifest(target('other'), signer, client, {})).rejects.toMatchObject({
      code: 'SIGNING_FAILED',
      message: `sigstore did not sign for ${WORKFLOW} of ${ISSUER}`,
    })
    expect(
      await client.listReferrers({ registry: registry.server.host, repository: 'other' }, index.descriptor.digest),
    ).toEqual([])
    await using others = await startSigstore()
    await writeFile(join(directory, 'trusted-root.json'), others.trustedRoot)
    await expect(planned('app', WORKFLOW)).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' })
    await writeFile(join(directory, 'trusted-root.json'), sigstore.trustedRoot)
  })

  it('are configured as documented', async () => {
    const sign: SignOptions = {
      keyless: { identity: WORKFLOW, issuer: 'https://token.actions.githubusercontent.com' },
    }
    expect(sign.keyless).toEqual({ identity: WORKFLOW, issuer: ISSUER })
  })

  it('fail with the message of the service', async () => {
    const { keyless } = optionsFor(WORKFLOW) as Extract<SignOptions, { readonly keyless: unknown }>
    const unreachable = await openSigner({ keyless: { ...keyless, fulcio: `${sigstore.url}/absent` } }, directory, {})
    await expect(unreachable.bundleOf(Buffer.from('{}'))).rejects.toMatchObject({ code: 'SIGNING_FAILED' })
    const wrong = [
      [{ ...keyless, trustedRoot: 'absent.json' }, 'SIGNING_FAILED', /trusted root .*absent\.json cannot be read/],
      [{ ...keyless, identity: '' }, 'USAGE', /sign\.keyless: must have an identity and an issuer/],
      [{ ...keyless, key: 'x' }, 'USAGE', /has no option 'key'/],
      [{ ...keyless, fulcio: 'ftp://x' }, 'USAGE', /sign\.keyless\.fulcio/],
      [{ ...keyless, token: 'secret' }, 'USAGE', /sign\.keyless\.token/],
      [undefined, 'USAGE', /sign\.keyless/],
    ] as const
    for (const [options, code, message] of wrong)
      await expect(openSigner({ keyless: options } as unknown as SignOptions, directory, {})).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      })
  })
})
