import { expect, test } from 'vitest'
import type { TagMove } from '../../src/execute/stage-tag.js'
import { moveTags } from '../../src/execute/tag-phase.js'
import { digestOf } from '../../src/model/digest.js'
import { encodeManifest, MEDIA_TYPES, type StoredManifest } from '../../src/model/oci.js'
import { createRegistry } from '../../src/registry/client.js'
import { KEY_ANNOTATION } from '../../src/steps/key.js'
import { memoryRegistry } from '../registry/memory-registry.js'
import { startScriptedServer } from '../registry/scripted-server.js'

/** An image with a key annotation. Images with the same key are equal results of two engines. */
function imageOf(engine: string, key: string): StoredManifest {
  const config = { mediaType: MEDIA_TYPES.ociConfig, digest: digestOf(engine), size: engine.length }
  const content = { schemaVersion: 2 as const, config, layers: [], annotations: { [KEY_ANNOTATION]: key } }
  return encodeManifest(content, MEDIA_TYPES.ociManifest)
}

const [smaller, larger] = [imageOf('one', 'k'), imageOf('two', 'k')].sort((a, b) =>
  a.descriptor.digest < b.descriptor.digest ? -1 : 1,
) as [StoredManifest, StoredManifest]
const newer = imageOf('three', 'another key')

/** Moves tags `1.0` and `latest` to a result while another run acts, and returns their digests. */
async function moveBeside(result: StoredManifest, act: (put: (tag: string, image: StoredManifest) => void) => void) {
  let isFirst = true
  const { store, answer } = memoryRegistry({
    beforePut(path) {
      if (!path.endsWith('/latest') || !isFirst) return
      isFirst = false
      act(put)
    },
  })
  await using server = await startScriptedServer(answer)
  await using registry = createRegistry()
  const put = (name: string, { bytes, descriptor: { mediaType } }: StoredManifest) =>
    void store.manifests.set(`/v2/app/manifests/${name}`, { mediaType, body: Buffer.from(bytes).toString() })
  for (const image of [smaller, larger, newer]) put(image.descriptor.digest, image)
  const here = { registry: server.host, repository: 'app' }
  const output = { reference: { ...here, digest: result.descriptor.digest }, descriptor: result.descriptor }
  const moves = ['1.0', 'latest'].map(
    (tag): TagMove => ({ reference: { ...here, tag }, node: 'app index', requested: true, planned: undefined, output }),
  )
  const changes = await moveTags({ moves, allowRemoval: true, emit: () => {} }, registry)
  const held = ['1.0', 'latest'].map((tag) => digestOf(store.manifests.get(`/v2/app/manifests/${tag}`)?.body ?? ''))
  return { held, reported: changes.map(({ to }) => to) }
}

test.each([
  ['the smaller digest', smaller, larger],
  ['the larger digest', larger, smaller],
])(
  'moves all tags to the smaller digest if another run moved one to an equal result: own result has %s',
  async (_what, own, others) => {
    const { held, reported } = await moveBeside(own, (put) => put('1.0', others))
    expect(held).toEqual([smaller.descriptor.digest, smaller.descriptor.digest])
    expect(reported).toEqual(held)
  },
)

test('fails with TAG_MOVED if another run moved a tag to a different result', async () => {
  await expect(moveBeside(smaller, (put) => put('1.0', newer))).rejects.toMatchObject({ code: 'TAG_MOVED' })
})
