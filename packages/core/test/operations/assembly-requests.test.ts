import { afterAll, beforeAll, expect, test } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { tinyIndex } from '../../../../test/support/tiny-image.js'
import { assemble, inspect } from '../../src/operations/images/index.js'
import { startFaultProxy } from '../registry/fault-proxy.js'
import { digestsOf, type TestRepositories, testRepositories, uniqueImage } from './test-repositories.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const ARMV7 = { os: 'linux', architecture: 'arm', variant: 'v7' }

const cleanup = new Cleanup()
let repositories: TestRepositories

beforeAll(async () => {
  repositories = cleanup.use(await testRepositories())
})
afterAll(() => cleanup[Symbol.asyncDispose]())

test('an index of images that are in its repository reads each one once, with its config, and copies nothing', async () => {
  const images = [await uniqueImage({ platform: AMD64 }), await uniqueImage({ platform: ARMV7 })]
  const { name } = await repositories.repositoryWith(images)
  await using proxy = await startFaultProxy(repositories.host)
  const digests = images.map(({ manifest }) => manifest.descriptor.digest)
  await assemble(`${name.replace(repositories.host, proxy.host)}:1`, digests)
  const asked = proxy.seen.map(({ method, path }) => `${method} ${path.split('/').at(-2)}`)
  expect(asked.sort()).toEqual([
    'GET blobs',
    'GET blobs',
    'GET manifests',
    'GET manifests',
    'GET manifests',
    'HEAD manifests',
    'HEAD manifests',
    'PUT manifests',
  ])
})

test('an image elsewhere is requested while its config is read, before anything is written', async () => {
  const amd64 = await uniqueImage({ platform: AMD64 })
  const { name } = await repositories.repositoryWith([amd64])
  await using proxy = await startFaultProxy(repositories.host)
  let askedForIt = () => {}
  const asked = new Promise<undefined>((resolve) => {
    askedForIt = () => resolve(undefined)
  })
  // Were it asked for only afterwards, neither would ever be answered.
  proxy.plan(({ method, path }) => {
    if (method === 'HEAD') askedForIt()
    return path.includes('/blobs/sha256') ? asked : undefined
  })
  const source = `${name.replace(repositories.host, proxy.host)}@${amd64.manifest.descriptor.digest}`
  await assemble(`${proxy.host}/team/elsewhere:1`, [source])
  const methods = proxy.seen.map(({ method }) => method)
  expect([methods.slice(0, 4).sort(), methods.slice(4)]).toEqual([
    ['GET', 'GET', 'GET', 'HEAD'],
    // The blobs, what refers to the image, the image, and the name.
    ['POST', 'POST', 'GET', 'HEAD', 'HEAD', 'HEAD', 'PUT', 'HEAD', 'PUT', 'HEAD'],
  ])
})

test('no platform is taken from the name; the error precedes any write', async () => {
  const [amd64, arm, next] = await Promise.all([AMD64, ARMV7, AMD64].map((platform) => uniqueImage({ platform })))
  if (!amd64 || !arm || !next) throw new Error('there are three images')
  const { name, put } = await repositories.repositoryWith([amd64, arm])
  await put(tinyIndex([amd64, arm]), '1')
  const other = await repositories.repositoryWith([next])
  await using proxy = await startFaultProxy(repositories.host)
  const there = (written: string) => written.replace(repositories.host, proxy.host)
  const entry = `${there(other.name)}@${next.manifest.descriptor.digest}`
  const error = { code: 'PLATFORM_MISSING', message: expect.stringContaining('would lose linux/arm/v7') }
  await expect(assemble(there(`${name}:1`), [entry])).rejects.toMatchObject(error)
  expect(proxy.seen.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([])
  const { manifests } = await assemble(there(`${name}:1`), [entry], { allowRemoval: true })
  expect(digestsOf(manifests)).toEqual([next.manifest.descriptor.digest])
})

test('none is taken either that the name got meanwhile', async () => {
  const [amd64, arm, next] = await Promise.all([AMD64, ARMV7, AMD64].map((platform) => uniqueImage({ platform })))
  if (!amd64 || !arm || !next) throw new Error('there are three images')
  const { name, put } = await repositories.repositoryWith([amd64, arm])
  const both = tinyIndex([amd64, arm])
  const other = await repositories.repositoryWith([next])
  await using proxy = await startFaultProxy(repositories.host)
  const there = (written: string) => written.replace(repositories.host, proxy.host)
  proxy.plan(async ({ method }) => {
    if (method === 'PUT') await put(both, '1')
    return undefined
  })
  const assembled = assemble(there(`${name}:1`), [`${there(other.name)}@${next.manifest.descriptor.digest}`])
  await expect(assembled).rejects.toMatchObject({ code: 'PLATFORM_MISSING' })
  expect((await inspect(`${name}:1`)).digest).toBe(both.descriptor.digest)
})
