import { createHash } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { packFiles } from '../../../../test/support/tiny-image.js'
import type { RootfsBase } from '../../src/definition/plugin/base-source.js'
import { madeBase } from '../../src/definition/plugin/kinds/made-base.js'
import { LayerCache } from '../../src/rootfs/layer-cache.js'
import { createRootfsMaker } from '../../src/rootfs/maker.js'
import { startScriptedServer } from '../registry/scripted-server.js'

const TAR = await packFiles({ file: 'content' })
const sourceAt = (location: string): RootfsBase => {
  return { kind: 'rootfs', location, sha256: createHash('sha256').update(TAR).digest('hex') }
}

test('what two nodes stand on is made once, also if both want it at the same time', async () => {
  await using folder = await tempFolder('cache')
  await using server = await startScriptedServer(() => ({ status: 200, body: TAR }))
  const maker = createRootfsMaker({ cacheDirectory: folder.path })
  const resolved = await maker.resolve(madeBase(sourceAt(`http://${server.host}/root.tar`)))
  const [one, other] = await Promise.all([maker.make(resolved), maker.make(resolved)])
  expect(one.blob.descriptor).toEqual(other.blob.descriptor)
  expect(server.seen).toHaveLength(1)
})

test('who waits for another that is cancelled makes it instead', async () => {
  await using folder = await tempFolder('cache')
  const asked = new EventEmitter()
  await using server = await startScriptedServer(async () => {
    if (server.seen.length > 1) return { status: 200, body: TAR }
    asked.emit('once')
    return new Promise(() => {})
  })
  const maker = createRootfsMaker({ cacheDirectory: folder.path })
  const resolved = await maker.resolve(madeBase(sourceAt(`http://${server.host}/root.tar`)))
  const stop = new AbortController()
  const isAsked = once(asked, 'once')
  const first = maker.make(resolved, { signal: stop.signal })
  const second = maker.make(resolved)
  await isAsked
  stop.abort()
  await expect(first).rejects.toMatchObject({ code: 'CANCELLED' })
  const { blob } = await second
  expect(gunzipSync(await buffer(await blob.open()))).toEqual(TAR)
})

test('a local archive that is cancelled ends', async () => {
  await using folder = await tempFolder('cache')
  const location = join(folder.path, 'root.tar')
  await writeFile(location, TAR)
  const maker = createRootfsMaker({ cacheDirectory: folder.path })
  const making = maker.make(await maker.resolve(madeBase(sourceAt(location))), { signal: AbortSignal.abort() })
  await expect(making).rejects.toMatchObject({ code: 'CANCELLED' })
})

test('a run that makes other bytes of the same leaves those that another run still reads', async () => {
  await using folder = await tempFolder('cache')
  const add = (tar: string) => new LayerCache(folder.path).add('same', (store) => store(Readable.from([tar])))
  const mine = await add('by one gzip')
  const theirs = await add('by another')
  expect(gunzipSync(await buffer(await mine.blob.open())).toString()).toBe('by one gzip')
  expect(await new LayerCache(folder.path).find('same')).toMatchObject({ diffId: theirs.diffId })
})
