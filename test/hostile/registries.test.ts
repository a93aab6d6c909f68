import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { fromImage, pipeline, plan, platform } from '../../packages/core/src/index.js'
import { MEDIA_TYPES } from '../../packages/core/src/model/oci.js'
import { assemble, copy, inspect, tags } from '../../packages/core/src/operations/images/index.js'
import { type RegistryServer, startRegistry } from '../../packages/core/src/registry-server/index.js'
import { Cleanup } from '../support/cleanup.js'
import { pushManifest, pushTinyImage } from '../support/push-tiny.js'
import { tempFolder } from '../support/temp-folder.js'
import { tinyImage, tinyIndex } from '../support/tiny-image.js'
import { expectHarmless } from './harmless.js'
import { hostileAnswers } from './hostile-answers.js'
import { type HostileServer, startHostileServer } from './hostile-server.js'

const SIZE = 64 * 1024
const AMD64 = { os: 'linux', architecture: 'amd64' }

type Operation = keyof ReturnType<typeof operations>

/** The requests that the hostile registry attacks, the content type of the responses, and the operations to run. */
const REQUESTS: readonly (readonly [what: string, path: RegExp, contentType: string, by: readonly Operation[]])[] = [
  ['manifests by name', /\/manifests\/1/, MEDIA_TYPES.ociIndex, ['inspect', 'plan']],
  ['manifests by digest', /\/manifests\/sha256/, MEDIA_TYPES.ociManifest, ['inspect', 'plan']],
  ['blobs', /^(GET|HEAD) .*\/blobs\//, 'application/octet-stream', ['assemble']],
  ['lists', /\/tags\/list|\/referrers\//, 'application/json', ['tags', 'copy']],
  ['writes', /^(POST|PUT|PATCH) /, 'application/json', ['copy']],
]

const options = { registryClient: { retry: { attempts: 1 }, timeouts: { answer: 300, idle: 300 } } }

const cleanup = new Cleanup()
let honest: RegistryServer
let hostile: HostileServer
let directory: string

beforeAll(async () => {
  const { path } = cleanup.use(await tempFolder('hostile-registry'))
  directory = path
  honest = cleanup.use(await startRegistry({ directory: join(path, 'registry') }))
  hostile = cleanup.use(await startHostileServer(Number(new URL(honest.url).port)))
  const image = await tinyImage({ platform: AMD64 })
  const target = { url: honest.url, repository: 'app' }
  await pushTinyImage(target, image)
  await pushManifest(target, tinyIndex([image]), '1')
})
afterEach(() => {
  hostile.attack = undefined
})
afterAll(() => cleanup[Symbol.asyncDispose]())

/** Operations that read from the registry or write to the repository `target`. */
function operations(host: string, target: string) {
  const app = pipeline(`${host}/${target}`)
    .platforms(platform('amd64', { base: fromImage(`${host}/app:1`) }))
    .build({ context: false, dockerfileInline: 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n' })
    .tags('1')
  return {
    inspect: () => inspect(`${host}/app:1`, options),
    tags: () => tags(`${host}/app`, options),
    copy: () => copy(`${host}/app:1`, `${host}/${target}:1`, options),
    assemble: () => assemble(`${host}/${target}:1`, [`${host}/app:1`], options),
    plan: () => plan(app, { ...options, directory, build: false }),
  }
}

describe.each(REQUESTS)('a hostile response to a request for %s', (_what, path, contentType, by) => {
  test.each(Object.entries(hostileAnswers(contentType)))('is harmless: %s', async (name, answer) => {
    const before = hostile.attacks
    hostile.attack = { path, answer }
    const target = `target-${hostile.attacks}`
    const all = operations(hostile.host, target)
    for (const operation of by) await expectHarmless(`${operation}, ${name}`, SIZE, all[operation])
    expect(hostile.attacks).toBeGreaterThan(before)
  })
})

test('every operation succeeds without an attack', async () => {
  for (const work of Object.values(operations(hostile.host, 'honest'))) await work()
  expect(await tags(`${hostile.host}/honest`, options)).toEqual(['1'])
})
