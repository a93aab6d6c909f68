import { afterAll, beforeAll, expect, it } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { tinyImage } from '../../../../test/support/tiny-image.js'
import { ImageFiles } from '../../src/image-files/image-files.js'
import { isIndex } from '../../src/model/oci.js'
import { parseReference } from '../../src/model/reference.js'
import { createRegistry } from '../../src/registry/index.js'
import { startRegistry } from '../../src/registry-server/index.js'

const cleanup = new Cleanup()
let files: ImageFiles

beforeAll(async () => {
  const { path } = cleanup.use(await tempFolder('image-files'))
  const registry = cleanup.use(await startRegistry({ directory: path }))
  const image = await tinyImage({
    platform: { os: 'linux', architecture: 'amd64' },
    files: {
      'usr/bin/tool': { content: Buffer.from('tool'), mode: 0o4755 },
      bin: { linkTo: 'usr/bin' },
      'usr/bin/alias': { linkTo: '/bin/../bin/tool' },
      loop: { linkTo: 'loop' },
      dangling: { linkTo: '/none' },
    },
  })
  await pushTinyImage({ url: registry.url, repository: 'tool' }, image)
  const reference = parseReference(`${registry.host}/tool@${image.manifest.descriptor.digest}`)
  if (reference === undefined || isIndex(image.manifest.content)) throw new Error('no image')
  files = await ImageFiles.open({ reference, manifest: image.manifest.content }, createRegistry(), {})
})
afterAll(() => cleanup[Symbol.asyncDispose]())

it('follows links, absolute and relative, and those of directories', async () => {
  expect(files.status('/bin/alias')).toMatchObject({ type: 'file', mode: 0o4755, size: 4 })
  expect(files.status('/bin/alias', { followsLast: false })).toMatchObject({
    type: 'symlink',
    target: '/bin/../bin/tool',
  })
  expect((await files.read('/bin/alias', {}))?.toString()).toBe('tool')
  expect(files.status('/bin')).toMatchObject({ type: 'directory' })
})

it('finds nothing behind a link that leads nowhere or to itself', async () => {
  for (const path of ['/loop', '/dangling', '/bin/none', '/bin/tool/below']) {
    expect(files.status(path)).toBeUndefined()
    expect(await files.read(path, {})).toBeUndefined()
  }
  expect(files.status('/dangling', { followsLast: false })).toMatchObject({ type: 'symlink' })
  expect(await files.read('/usr', {})).toBeUndefined()
})
