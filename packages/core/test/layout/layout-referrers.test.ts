import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type TempFolder, tempFolder } from '../../../../test/support/temp-folder.js'
import { type TinyBlob, tinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import { parseLayoutReference } from '../../src/layout/layout-reference.js'
import { withLayouts } from '../../src/layout/layout-registry.js'
import type { Descriptor } from '../../src/model/oci.js'
import type { Reference } from '../../src/model/reference.js'
import { createRegistry } from '../../src/registry/client.js'
import type { Registry } from '../../src/registry/port.js'
import { attachment, EMPTY_BLOB } from '../registry-server/attachments.js'

let folder: TempFolder
let registry: Registry
beforeEach(async () => {
  folder = await tempFolder('layout')
  registry = withLayouts(createRegistry())
})
afterEach(async () => {
  await registry[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

function at(name = ''): Reference {
  const reference = parseLayoutReference(`oci:${folder.path}${name && `:${name}`}`)
  if (reference === undefined) throw new Error('it is a reference')
  return reference
}

const write = ({ descriptor, bytes }: TinyBlob) =>
  registry.writeBlob(at(), { descriptor, open: async () => Readable.from([bytes]) })

async function entries(): Promise<readonly Descriptor[]> {
  const text = await readFile(join(folder.path, 'index.json'), 'utf8')
  return (JSON.parse(text) as { manifests: Descriptor[] }).manifests
}

/** Puts an index with one image into the layout, with the tag `app`. */
async function putImage() {
  const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  const index = tinyIndex([image])
  for (const blob of [image.config, image.layer, EMPTY_BLOB]) await write(blob)
  await registry.putManifest(at(), image.manifest)
  await registry.putManifest(at('app'), index)
  return { image, index }
}

test('lists the referrers in a layout, and filters them by artifact type', async () => {
  const { index } = await putImage()
  const { digest } = index.descriptor
  expect(await registry.listReferrers(at(), digest)).toEqual([])
  const [note, other] = ['text/x-note', 'text/x-other'].map((type) => attachment(index.descriptor, type))
  for (const manifest of [note, other]) if (manifest !== undefined) await registry.putManifest(at(), manifest)
  const described = { ...note?.descriptor, artifactType: 'text/x-note' }
  expect(await registry.listReferrers(at(), digest)).toEqual([
    described,
    { ...other?.descriptor, artifactType: 'text/x-other' },
  ])
  expect(await registry.listReferrers(at(), digest, { artifactType: 'text/x-note' })).toEqual([described])
})

test('index.json lists a referrer and its untagged subject once', async () => {
  const { image, index } = await putImage()
  const { descriptor } = image.manifest
  const note = attachment(descriptor, 'text/x-note')
  for (let count = 0; count < 2; count++) await registry.putManifest(at(), note)
  expect((await entries()).map(({ digest }) => digest)).toEqual([
    index.descriptor.digest,
    descriptor.digest,
    note.descriptor.digest,
  ])
  expect(await registry.listTags(at())).toEqual(['app'])
  await registry.putManifest(at('image'), image.manifest)
  expect((await entries()).filter(({ digest }) => digest === descriptor.digest)).toHaveLength(1)
})

test('resolves a reference without a tag if the layout has one tag, despite referrers', async () => {
  const { index } = await putImage()
  await registry.putManifest(at(), attachment(index.descriptor, 'text/x-note'))
  expect((await registry.resolve(at()))?.digest).toBe(index.descriptor.digest)
})
