import { expect, test } from 'vitest'
import { busyboxImage } from './busybox-image.js'
import { startDebianRegistry } from './debian-registry.js'
import { pushManifest, pushTinyImage } from './push-tiny.js'
import { runImage } from './run-image.js'
import { tinyIndex } from './tiny-image.js'

test('a busybox index runs on each of its platforms', async () => {
  await using registry = await startDebianRegistry()
  const target = { url: registry.url, repository: 'support/busybox' }
  const platforms = [
    { os: 'linux', architecture: 'amd64' },
    { os: 'linux', architecture: 'arm', variant: 'v7' },
    { os: 'linux', architecture: 'arm64' },
  ]
  const images = await Promise.all(platforms.map((platform) => busyboxImage({ platform })))
  for (const image of images) await pushTinyImage(target, image)
  await pushManifest(target, tinyIndex(images), 'all')
  const outputs: string[] = []
  for (const platform of platforms) {
    const reference = `${registry.host}/support/busybox:all`
    const { exitCode, output } = await runImage({ reference, platform, command: ['uname', '-m'] })
    outputs.push(`${exitCode} ${output}`)
  }
  expect(outputs).toEqual(['0 x86_64', '0 armv7l', '0 aarch64'])
})
