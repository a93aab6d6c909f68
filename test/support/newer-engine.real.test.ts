import { text } from 'node:stream/consumers'
import Docker from 'dockerode'
import { expect, test } from 'vitest'
import { busyboxImage } from './busybox-image.js'
import { startDebianRegistry } from './debian-registry.js'
import { newerEngine } from './newer-engine.js'
import { pushManifest, pushTinyImage } from './push-tiny.js'
import { runImage } from './run-image.js'
import { packFiles, tinyIndex } from './tiny-image.js'

const armv7 = { os: 'linux', architecture: 'arm', variant: 'v7' }

test('the newer engine builds on a base from a local registry, pushes the image and runs it', async () => {
  await using registry = await startDebianRegistry()
  await using engine = await newerEngine()
  const docker = new Docker({ socketPath: engine.socketPath })
  const image = await busyboxImage({ platform: armv7 })
  const target = { url: registry.url, repository: 'support/base' }
  await pushTinyImage(target, image)
  await pushManifest(target, tinyIndex([image]), '1')
  const name = `${registry.host}/support/built`
  const dockerfile = `FROM ${registry.host}/support/base:1\nRUN uname -m > /machine\nCMD ["cat", "/machine"]\n`
  const context = await packFiles({ Dockerfile: dockerfile })
  const options = { version: '2', platform: 'linux/arm/v7', t: `${name}:1` } as const
  const progress = await text(await docker.buildImage(context as never, options))
  expect(progress).toContain('moby.image.id')
  const pushed = await text(await docker.getImage(`${name}:1`).push({ authconfig: {} }))
  expect(pushed).toContain('sha256:')
  const result = await runImage({ socketPath: engine.socketPath, reference: `${name}:1`, platform: armv7 })
  expect(result).toEqual({ exitCode: 0, output: 'armv7l' })
})
