import { existsSync } from 'node:fs'
import { Readable } from 'node:stream'
import { beforeAll, expect, test } from 'vitest'
import { sidProgramPath } from '../../../../scripts/setup/sid-programs.mjs'
import { runProgram } from '../../../../test/support/child.js'
import { pushBlob, pushManifest, pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { tinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import { parseLayoutReference } from '../../src/layout/layout-reference.js'
import { withLayouts } from '../../src/layout/layout-registry.js'
import { createRegistry } from '../../src/registry/client.js'
import { copyManifest } from '../../src/registry/copy/copy.js'
import { attachment, EMPTY_BLOB } from './attachments.js'
import { testRegistry } from './test-registry.js'

beforeAll(() => {
  if (!existsSync(sidProgramPath('oras'))) throw new Error('oras has not been fetched: run `npm test`, which does')
})

/** What `oras` finds attached to an image. */
async function discover(...target: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await runProgram(sidProgramPath('oras'), ['discover', '--format', 'json', ...target])
  const found = JSON.parse(stdout) as { referrers?: { artifactType: string }[]; manifests?: { artifactType: string }[] }
  return (found.referrers ?? found.manifests ?? []).map(({ artifactType }) => artifactType)
}

test('oras finds the referrers of an index and of its images, over HTTP and in the directory', async () => {
  await using registry = await testRegistry()
  const target = { url: registry.server.url, repository: 'team/app' }
  const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  const index = tinyIndex([image])
  await pushTinyImage(target, image)
  await pushManifest(target, index, '1.0')
  await pushBlob(target, EMPTY_BLOB)
  await pushManifest(target, attachment(index.descriptor, 'text/x-index'))
  await pushManifest(target, attachment(image.manifest.descriptor, 'text/x-image'))
  const { host } = registry.server
  expect(await discover('--plain-http', `${host}/team/app:1.0`)).toEqual(['text/x-index'])
  const layout = registry.directory
  expect(await discover('--oci-layout-path', layout, 'team/app:1.0')).toEqual(['text/x-index'])
  expect(await discover('--oci-layout', `${layout}@${index.descriptor.digest}`)).toEqual(['text/x-index'])
  expect(await discover('--oci-layout', `${layout}@${image.manifest.descriptor.digest}`)).toEqual(['text/x-image'])
})

test('oras finds referrers that this client has written into a layout', async () => {
  await using source = await testRegistry()
  await using folder = await tempFolder()
  await using registry = withLayouts(createRegistry())
  const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  await pushTinyImage({ url: source.server.url, repository: 'app' }, image, '1.0')
  const to = parseLayoutReference(`oci:${folder.path}:app`)
  if (to === undefined) throw new Error('it is a reference')
  await copyManifest(registry, { registry: source.server.host, repository: 'app', tag: '1.0' }, to)
  const { tag: _, ...layout } = to
  await registry.writeBlob(layout, { ...EMPTY_BLOB, open: async () => Readable.from([EMPTY_BLOB.bytes]) })
  await registry.putManifest(layout, attachment(image.manifest.descriptor, 'text/x-note'))
  expect(await discover('--oci-layout', `${folder.path}:app`)).toEqual(['text/x-note'])
})
