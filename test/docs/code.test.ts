import { fromImage, pipeline, platform } from '@polyarch/core'
import { startRegistry } from '@polyarch/core/registry-server'
import { expect, test } from 'vitest'
import { preview, publish } from '../../examples/quickstart/publish.js'
import { pushTinyImage } from '../support/push-tiny.js'
import { tempFolder } from '../support/temp-folder.js'
import { tinyImage } from '../support/tiny-image.js'

test('docs/code.md: a plan as lines, and an error of a run as a sentence', async () => {
  await using folder = await tempFolder()
  await using registry = await startRegistry({ directory: folder.path })
  const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  await pushTinyImage({ url: registry.url, repository: 'base' }, image, '1')
  const app = pipeline(`${registry.host}/app`)
    .platforms(platform('amd64', { base: fromImage(`${registry.host}/base:1`) }))
    .build({ context: folder.path, dockerfileInline: 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n' })
    .tags('1.0')
  const builders = ['unix:///nowhere/docker.sock']
  expect(await preview(app, { builders })).toEqual([
    'app base(linux/amd64): mount, not in the repository yet',
    'app base index: create, not in the repository yet',
    'app image(linux/amd64): create, not in the repository yet',
    'app index: known-after, known after app image(linux/amd64)',
    `${registry.host}/app:1.0: known-after`,
    expect.stringMatching(/^ENGINE_UNREACHABLE: /),
  ])
  expect(await publish(app, { builders })).toMatch(/^ENGINE_UNREACHABLE: .*; /)
})
