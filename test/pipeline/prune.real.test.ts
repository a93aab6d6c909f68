import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  execute,
  fromImage,
  type Pipeline,
  pipeline,
  platform,
  prune,
  type Report,
} from '../../packages/core/src/index.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { Cleanup } from '../support/cleanup.js'
import { type DebianRegistry, startDebianRegistry } from '../support/debian-registry.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, pushBase, writeContext } from './project.js'
import { keyTagsOf, missingBelow, tagsOf } from './published.js'

const cleanup = new Cleanup()
let registry: DebianRegistry
let context: string
let app: (name: string) => Pipeline

beforeAll(async () => {
  registry = cleanup.use(await startDebianRegistry())
  context = cleanup.use(await tempFolder('prune')).path
  await writeContext(context, 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}')
  const wide = await pushBase({ ...registry, repository: 'wide' }, { platform: AMD64 })
  app = (name) =>
    pipeline(`${registry.host}/${name}`)
      .sharedBase(`${registry.host}/${name}-from:1`)
      .platforms(platform('amd64', { base: fromImage(wide) }))
      .build({ context })
      .tags('1.0')
})
afterAll(() => cleanup[Symbol.asyncDispose]())

const reused = ({ nodes }: Report) => nodes.every(({ outcome }) => outcome === 'reused')

it('deletes the key tags that a later run replaced, and the next run reuses every image', async () => {
  await execute(app('app'))
  const first = await keyTagsOf(registry.url, 'app')
  await writeFile(join(context, 'say'), '#!/bin/sh\necho more\n')
  await execute(app('app'))
  const { digest } = await inspect(`${registry.host}/app:1.0`)
  const spared = await prune(app('app'), { delete: true })
  expect(new Set(spared.map(({ outcome }) => outcome))).toEqual(new Set(['recent']))
  const pruned = await prune(app('app'), { delete: true, olderThan: 0 })
  expect(pruned.filter(({ why }) => why === 'unlisted').map(({ reference }) => reference)).toEqual(
    first.map((tag) => `${registry.host}/app:${tag}`),
  )
  expect(pruned.filter(({ why }) => why !== 'unlisted')).toMatchObject([{ why: 'unused-record' }])
  expect(pruned.map(({ outcome }) => outcome)).toEqual(['deleted', 'deleted'])
  expect(await tagsOf(registry.url, 'app')).toHaveLength(3)
  for (const name of ['app', 'app-from']) expect(await missingBelow(registry.url, name)).toEqual([])
  expect(reused(await execute(app('app')))).toBe(true)
  expect((await inspect(`${registry.host}/app:1.0`)).digest).toBe(digest)
})

it('finds nothing to delete with keepKeyTags, and the images survive deletion of untagged manifests', async () => {
  const kept = app('kept').keepKeyTags()
  await execute(kept)
  expect(await keyTagsOf(registry.url, 'kept-from')).toHaveLength(2)
  expect(await prune(kept, { olderThan: 0 })).toEqual([])
  await registry.deleteUntagged()
  for (const name of ['kept', 'kept-from']) expect(await missingBelow(registry.url, name)).toEqual([])
  expect(reused(await execute(kept))).toBe(true)
  // The key tags make the difference: without them, the same deletion removes the base.
  expect(new Set(await missingBelow(registry.url, 'app-from')).size).toBe(1)
})
