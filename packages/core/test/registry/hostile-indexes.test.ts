import { expect, test } from 'vitest'
import { digestOf } from '../../src/model/digest.js'
import { MEDIA_TYPES } from '../../src/model/oci.js'
import { assemble } from '../../src/operations/images/index.js'
import { createRegistry } from '../../src/registry/client.js'
import { copyManifest } from '../../src/registry/copy/copy.js'
import { latticeOfIndexes, serveManifests } from './hostile-indexes.js'
import { startScriptedServer } from './scripted-server.js'

const LATTICE = latticeOfIndexes(4, 15)
const TOP = LATTICE[0]?.descriptor.digest

test('a copy of indexes that list each other reads each of them once', async () => {
  await using server = await startScriptedServer(serveManifests(LATTICE))
  await using registry = createRegistry({ retry: { delay: 1 } })
  const from = { registry: server.host, repository: 'source', ...(TOP && { digest: TOP }) }
  await copyManifest(registry, from, { registry: server.host, repository: 'target', tag: '1' })
  expect(LATTICE.length).toBe(47)
  expect(server.seen.length).toBeLessThan(8 * LATTICE.length)
})

test('an index made of such indexes reads each of them once', async () => {
  await using server = await startScriptedServer(serveManifests(LATTICE))
  await assemble(`${server.host}/target:1`, [`${server.host}/source@${TOP}`]).catch(() => undefined)
  expect(server.seen.length).toBeGreaterThan(40)
  expect(server.seen.length).toBeLessThan(8 * LATTICE.length)
})

test('an index that leads to thousands of others is rejected', async () => {
  const wide = latticeOfIndexes(2, 1001)
  await using server = await startScriptedServer(serveManifests(wide))
  await using registry = createRegistry({ retry: { delay: 1 } })
  const [top] = wide.map(({ descriptor }) => descriptor.digest)
  const from = { registry: server.host, repository: 'source', ...(top && { digest: top }) }
  const refused = { code: 'MANIFEST_UNSUPPORTED', hint: expect.stringMatching(/./) }
  const copying = copyManifest(registry, from, { registry: server.host, repository: 'target', tag: '1' })
  await expect(copying).rejects.toMatchObject(refused)
  const name = `${server.host}/source@${top}`
  await expect(assemble(`${server.host}/target:1`, [name])).rejects.toMatchObject(refused)
})

test('referrers with annotations within annotations are rejected', async () => {
  const [open, close] = ['{"a":', '}'].map((text) => text.repeat(100_000))
  const entry = `"mediaType":"${MEDIA_TYPES.ociManifest}","digest":"${TOP}","size":1,"annotations":${open}1${close}`
  await using server = await startScriptedServer(() => ({
    status: 200,
    headers: { 'content-type': MEDIA_TYPES.ociIndex },
    body: `{"schemaVersion":2,"manifests":[{${entry}}]}`,
  }))
  await using registry = createRegistry({ retry: { attempts: 1 } })
  const listing = registry.listReferrers({ registry: server.host, repository: 'source' }, digestOf('subject'))
  await expect(listing).rejects.toMatchObject({ code: 'MANIFEST_UNSUPPORTED' })
})
