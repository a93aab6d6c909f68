import { existsSync } from 'node:fs'
import { join as joinPath } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { join, overview, release, replaceArm, takeAlong } from '../../../../examples/images/images.js'
import { runProgram } from '../../../../test/support/child.js'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { startDebianRegistry } from '../../../../test/support/debian-registry.js'
import { pushManifest, pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { type TinyImage, tinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import { encodeManifest, MEDIA_TYPES } from '../../src/model/oci.js'
import { assemble, copy, inspect, remove, tags } from '../../src/operations/images/index.js'
import { startRegistry } from '../../src/registry-server/index.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const ARM = { os: 'linux', architecture: 'arm', variant: 'v7' }

const cleanup = new Cleanup()
let directory: string
let here: { readonly host: string; readonly url: string }
let elsewhere: { readonly host: string; readonly url: string }
let amd64: TinyImage
let arm: TinyImage
let index: ReturnType<typeof tinyIndex>

beforeAll(async () => {
  directory = cleanup.use(await tempFolder('images')).path
  here = cleanup.use(await startRegistry({ directory: joinPath(directory, 'registry') }))
  elsewhere = cleanup.use(await startDebianRegistry())
  amd64 = await tinyImage({ platform: AMD64 })
  arm = await tinyImage({ platform: ARM })
  index = tinyIndex([amd64, arm])
  for (const image of [amd64, arm]) await pushTinyImage({ url: here.url, repository: 'app' }, image)
  await pushManifest({ url: here.url, repository: 'app' }, index, '1.0')
})
afterAll(() => cleanup[Symbol.asyncDispose]())

describe('copy', () => {
  it('promotes a tag within its repository: same bytes, same digest', async () => {
    const { digest } = await copy(`${here.host}/app:1.0`, `${here.host}/app:stable`)
    expect(digest).toBe(index.descriptor.digest)
    expect((await inspect(`${here.host}/app:stable`)).digest).toBe(digest)
  })

  it('copies all platforms to another registry, and some of them as another index', async () => {
    await copy(`${here.host}/app:1.0`, `${elsewhere.host}/copied:1.0`)
    expect((await inspect(`${elsewhere.host}/copied:1.0`)).digest).toBe(index.descriptor.digest)
    await copy(`${here.host}/app:1.0`, `${elsewhere.host}/copied:arm`, { platforms: ['linux/arm/v7'] })
    const { images } = await inspect(`${elsewhere.host}/copied:arm`)
    expect(images).toMatchObject([{ declared: ARM, digest: arm.manifest.descriptor.digest }])
  })

  it('refuses to take a platform from a name, unless it is allowed', async () => {
    const to = `${elsewhere.host}/losing:1`
    await copy(`${here.host}/app:1.0`, to)
    const one = `${here.host}/app@${amd64.manifest.descriptor.digest}`
    for (const [from, options] of [
      [one, {}],
      [`${here.host}/app:1.0`, { platforms: ['amd64'] }],
    ] as const) {
      await expect(copy(from, to, options)).rejects.toMatchObject({
        code: 'PLATFORM_MISSING',
        message: expect.stringContaining('would lose linux/arm/v7'),
      })
    }
    expect((await inspect(to)).digest).toBe(index.descriptor.digest)
    await copy(one, to, { allowRemoval: true })
    expect((await inspect(to)).digest).toBe(amd64.manifest.descriptor.digest)
  })

  it('writes an image layout that skopeo reads, and reads one that skopeo wrote', async () => {
    const layout = joinPath(directory, 'layout')
    await copy(`${here.host}/app:1.0`, `oci:${layout}:team/app:1.0`)
    expect(await tags(`oci:${layout}`)).toEqual(['team/app:1.0'])
    const inspected = await runProgram('skopeo', ['inspect', '--raw', `oci:${layout}:team/app:1.0`])
    expect(JSON.parse(inspected.stdout)).toMatchObject({ manifests: [{ platform: AMD64 }, { platform: ARM }] })
    const theirs = joinPath(directory, 'theirs')
    await runProgram('skopeo', ['copy', '--all', '--quiet', `oci:${layout}:team/app:1.0`, `oci:${theirs}:x`])
    await copy(`oci:${theirs}`, `${elsewhere.host}/from-layout:1`)
    expect((await inspect(`${elsewhere.host}/from-layout:1`)).digest).toBe(index.descriptor.digest)
    expect((await inspect(`oci:${theirs}:x`)).images).toHaveLength(2)
  })

  it('gives Docker’s media types no name in a layout, and reports it before anything moves', async () => {
    const docker = await tinyImage({ platform: AMD64, dialect: 'docker' })
    await pushTinyImage({ url: here.url, repository: 'docker' }, docker, '1')
    const layout = joinPath(directory, 'docker')
    await expect(copy(`${here.host}/docker:1`, `oci:${layout}:x`)).rejects.toMatchObject({
      code: 'MANIFEST_UNSUPPORTED',
    })
    expect(existsSync(layout)).toBe(false)
    await assemble(`oci:${layout}:x`, [`${here.host}/docker:1`])
    const inspected = await runProgram('skopeo', ['inspect', `oci:${layout}:x`])
    expect(JSON.parse(inspected.stdout)).toMatchObject({ Architecture: 'amd64' })
  })

  it('refuses to write into the embedded registry’s directory, behind its back', async () => {
    await expect(copy(`${here.host}/app:1.0`, `oci:${joinPath(directory, 'registry')}:x`)).rejects.toMatchObject({
      code: 'DIRECTORY_IN_USE',
    })
  })

  it.each([
    ['a name that is none', 'Not A Name', 'is not a valid image name'],
    ['a name without a host', 'team/app:1.0', 'has no registry host'],
  ])('rejects %s', async (_what, name, message) => {
    await expect(copy(`${here.host}/app:1.0`, name)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(message),
    })
  })

  it.each([
    [[], 'the list is empty'],
    [['a/b/c/d'], "'a/b/c/d' is not valid"],
  ])('rejects the platforms %j before anything moves', async (platforms, message) => {
    const to = `${elsewhere.host}/some:1`
    await expect(copy(`${here.host}/app:1.0`, to, { platforms })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(message),
    })
    expect(await tags(`${elsewhere.host}/some`)).toEqual([])
  })
})

describe('assemble', () => {
  it('makes one index of images in several repositories and registries', async () => {
    await pushTinyImage({ url: here.url, repository: 'app-amd64' }, amd64, '1')
    await pushTinyImage({ url: elsewhere.url, repository: 'app-arm' }, arm, '1')
    const made = await assemble(`${here.host}/assembled:1`, [
      { image: `${elsewhere.host}/app-arm:1`, platform: 'linux/arm', annotations: { 'com.example.note': 'x' } },
      `${here.host}/app-amd64:1`,
    ])
    expect(made.notes).toEqual([`${elsewhere.host}/app-arm:1: arm without a variant is normalized to arm/v7`])
    const { images, digest, mediaType } = await inspect(`${here.host}/assembled:1`)
    expect({ digest, mediaType }).toEqual({ digest: made.digest, mediaType: made.mediaType })
    expect(images).toMatchObject([{ declared: AMD64 }, { declared: ARM, annotations: { 'com.example.note': 'x' } }])
  })

  it('takes the images of an index, all or the one of a platform', async () => {
    const arm64 = await tinyImage({ platform: { os: 'linux', architecture: 'arm64' } })
    await pushTinyImage({ url: here.url, repository: 'app-arm64' }, arm64, '1')
    const { manifests } = await assemble(`${here.host}/assembled:2`, [
      `${here.host}/app:1.0`,
      `${here.host}/app-arm64:1`,
    ])
    expect(manifests).toHaveLength(3)
    const one = await assemble(`${here.host}/assembled:3`, [{ image: `${here.host}/app:1.0`, platform: 'amd64' }])
    expect(one.manifests.map(({ digest }) => digest)).toEqual([amd64.manifest.descriptor.digest])
  })

  it('rejects a platform that the image’s config contradicts, unless it is to be trusted', async () => {
    const lying = { image: `${here.host}/app-amd64:1`, platform: 'linux/arm/v6' }
    await expect(assemble(`${here.host}/assembled:4`, [lying])).rejects.toMatchObject({ code: 'PLATFORM_MISMATCH' })
    expect(await tags(`${here.host}/assembled`)).not.toContain('4')
    const { notes, manifests } = await assemble(`${here.host}/assembled:4`, [lying], { trustDeclared: true })
    expect(manifests[0]?.platform).toEqual({ os: 'linux', architecture: 'arm', variant: 'v6' })
    expect(notes).toEqual([expect.stringContaining('its config states linux/amd64')])
  })

  it('flattens indexes in indexes, and keeps what attests an image', async () => {
    const attestation = await tinyImage({ platform: { os: 'unknown', architecture: 'unknown' } })
    const annotations = {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': amd64.manifest.descriptor.digest,
    }
    await pushTinyImage({ url: here.url, repository: 'app' }, attestation)
    const inner = encodeManifest(
      {
        schemaVersion: 2,
        manifests: [
          { ...amd64.manifest.descriptor, platform: AMD64 },
          { ...attestation.manifest.descriptor, annotations },
        ],
      },
      MEDIA_TYPES.ociIndex,
    )
    const outer = encodeManifest({ schemaVersion: 2, manifests: [inner.descriptor] }, MEDIA_TYPES.ociIndex)
    for (const manifest of [inner, outer]) await pushManifest({ url: here.url, repository: 'app' }, manifest)
    const from = `${here.host}/app@${outer.descriptor.digest}`
    const { manifests } = await assemble(`${elsewhere.host}/flat:1`, [from, `${elsewhere.host}/app-arm:1`])
    expect(manifests.map(({ digest }) => digest)).toEqual(
      [amd64, arm, attestation].map(({ manifest }) => manifest.descriptor.digest),
    )
    const one = await assemble(`${elsewhere.host}/flat:2`, [{ image: from, platform: 'linux/amd64' }])
    expect(one.manifests).toHaveLength(2)
    await expect(assemble(`${elsewhere.host}/flat:3`, [{ image: from, platform: 's390x' }])).rejects.toMatchObject({
      code: 'PLATFORM_MISSING',
    })
  })

  it('refuses to lose a platform that the name has, unless it is allowed', async () => {
    await copy(`${here.host}/app:1.0`, `${here.host}/shrinking:1`)
    const entries = [`${here.host}/app-amd64:1`]
    await expect(assemble(`${here.host}/shrinking:1`, entries)).rejects.toMatchObject({
      code: 'PLATFORM_MISSING',
      message: expect.stringContaining('would lose linux/arm/v7'),
    })
    await assemble(`${here.host}/shrinking:1`, entries, { allowRemoval: true })
    expect((await inspect(`${here.host}/shrinking:1`)).images).toHaveLength(1)
  })

  it('rejects a platform twice, and names both', async () => {
    const twice = assemble(`${here.host}/assembled:5`, [`${here.host}/app:1.0`, `${here.host}/app-amd64:1`])
    await expect(twice).rejects.toMatchObject({ message: expect.stringContaining('linux/amd64 is duplicated') })
    expect(await tags(`${here.host}/assembled`)).not.toContain('5')
  })
})

describe('tags and remove', () => {
  it('lists the tags of a repository; none if there is no such repository', async () => {
    expect(await tags(`${here.host}/app`)).toEqual(expect.arrayContaining(['1.0', 'stable']))
    expect(await tags(`${here.host}/nobody`)).toEqual([])
    await expect(tags(`${here.host}/app:1.0`)).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('removes a tag and keeps what other tags name; what is not written out is not removed', async () => {
    await copy(`${here.host}/app:1.0`, `${here.host}/app:old`)
    await remove(`${here.host}/app:old`)
    expect(await tags(`${here.host}/app`)).not.toContain('old')
    expect((await inspect(`${here.host}/app:1.0`)).digest).toBe(index.descriptor.digest)
    await expect(remove(`${here.host}/app`)).rejects.toMatchObject({ code: 'USAGE' })
    await expect(remove(`${here.host}/app:old`)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('reports what a registry does that deletes manifests and no tags; then the digest goes with all its tags', async () => {
    const there = `${elsewhere.host}/removed`
    for (const tag of ['1', '2']) await copy(`${here.host}/app:1.0`, `${there}:${tag}`)
    const { digest } = index.descriptor
    await expect(remove(`${there}:1`)).rejects.toMatchObject({
      code: 'REGISTRY_REJECTED',
      hint: expect.stringContaining(`remove('${there}@${digest}')`),
      exchange: { method: 'DELETE' },
    })
    expect([...(await tags(there))].sort()).toEqual(['1', '2'])
    await remove(`${there}@${digest}`)
    expect(await tags(there)).toEqual([])
  })

  it('takes a name out of an image layout', async () => {
    const layout = joinPath(directory, 'emptied')
    await copy(`${here.host}/app:1.0`, `oci:${layout}:one`)
    await copy(`${here.host}/app:1.0`, `oci:${layout}:two`)
    await remove(`oci:${layout}:one`)
    expect(await tags(`oci:${layout}`)).toEqual(['two'])
  })
})

describe('the example', () => {
  it('joins, releases, copies, replaces and reports', async () => {
    const repository = `${here.host}/example`
    await pushTinyImage({ url: here.url, repository: 'example-amd64' }, amd64, 'rc')
    await pushTinyImage({ url: here.url, repository: 'example-arm' }, arm, 'rc')
    const digest = await join(repository, 'rc')
    await release(repository, 'rc', '1.0')
    expect((await inspect(`${repository}:1.0`)).digest).toBe(digest)
    expect(await overview(repository)).toEqual(new Map([['1.0', ['amd64', 'arm']]]))
    await takeAlong(`${repository}:1.0`, `${directory}/along`)
    expect((await inspect(`oci:${directory}/along:app`)).images).toMatchObject([{ config: ARM }])
    const newer = await tinyImage({ platform: ARM, files: { 'etc/newer': 'yes' } })
    await pushTinyImage({ url: here.url, repository: 'example-arm' }, newer, 'newer')
    await replaceArm(`${repository}:1.0`, `${here.host}/example-arm:newer`)
    const digests = (await inspect(`${repository}:1.0`)).images.map((image) => image.digest)
    expect(digests).toEqual([amd64, newer].map(({ manifest }) => manifest.descriptor.digest))
  })
})
