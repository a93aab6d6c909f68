import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { tinyImage } from '../../../../test/support/tiny-image.js'
import { RegistryError } from '../../src/model/errors.js'
import type { ImageManifest } from '../../src/model/oci.js'
import type { Registry } from '../../src/registry/port.js'
import { createUpstreamManifests } from '../../src/steps/upstream-manifests.js'

test('the config of a base is read once, however many pipelines and repositories have it', async () => {
  const { config, manifest } = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  const reads: string[] = []
  const registry = {
    readBlob: async ({ repository }: { readonly repository: string }) => {
      reads.push(repository)
      return Readable.from([config.bytes])
    },
  } as unknown as Registry
  const upstream = createUpstreamManifests(registry)
  const read = (repository: string) =>
    upstream.config({ registry: 'localhost', repository }, manifest.content as ImageManifest, {})
  const [one, other] = await Promise.all([read('app1'), read('app2')])
  expect(one).toBe(other)
  expect(one.architecture).toBe('amd64')
  expect(reads).toEqual(['app1'])
})

test('the hint for an image whose registry cannot be reached names the alternatives', async () => {
  const getManifest = async () => {
    throw new RegistryError('REGISTRY_UNREACHABLE', 'no answer', { hint: 'check DNS' })
  }
  const upstream = createUpstreamManifests({ getManifest } as unknown as Registry)
  const reading = upstream.get({ registry: 'docker.io', repository: 'library/alpine', tag: '3.22' }, {})
  await expect(reading).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE', message: 'no answer' })
  const { hint } = (await reading.catch((error: unknown) => error)) as RegistryError
  expect(hint).toMatch(/^check DNS; .*'docker\.io': \{ mirrors:.*source: 'apt'/)
})
