import type { Header } from 'tar-stream'
import { expect, test } from 'vitest'
import { processorTime } from '../../../../test/support/processor-time.js'
import { MergedLayers } from '../../src/image-files/merged-layers.js'

const MANY = 20_000
/** Milliseconds; a fault takes more than ten times as long. */
const LIMIT = 3000

const file = (name: string): Header => ({ name, type: 'file' }) as Header
const link = (name: string, linkname: string): Header => ({ name, type: 'link', linkname }) as Header

function addAll(merged: MergedLayers, layer: number, count: number, headerOf: (at: number) => Header): void {
  for (let at = 0; at < count; at++) merged.add(headerOf(at), layer, at)
}

test('a directory with many names of one file is removed in linear time', async () => {
  const merged = new MergedLayers()
  const time = await processorTime(() => {
    addAll(merged, 0, 5 * MANY, (at) => (at === 0 ? file('d/0') : link(`d/${at}`, 'd/0')))
    merged.add(file('.wh.d'), 1, 0)
  })
  expect(merged.fileAt(0, 0)).toBeUndefined()
  expect(time).toBeLessThan(LIMIT)
})

test.each(['d/.wh..wh..opq', '.wh.d'])('the same mark %s many times in one layer takes linear time', async (mark) => {
  const merged = new MergedLayers()
  merged.add(file('d/below'), 0, 0)
  const time = await processorTime(() => {
    addAll(merged, 1, MANY, (at) => file(`d/${at}`))
    addAll(merged, 1, MANY, () => file(mark))
  })
  expect(merged.fileAt(0, 0)).toBeUndefined()
  expect(merged.fileAt(1, 0)?.paths).toEqual(new Set(['d/0']))
  expect(time).toBeLessThan(LIMIT)
})

test('a mark hides what is below it in each layer again', () => {
  const merged = new MergedLayers()
  for (const layer of [0, 2]) merged.add(file('d/below'), layer, 0)
  for (const layer of [1, 3]) merged.add(file('d/.wh..wh..opq'), layer, 0)
  expect([merged.fileAt(0, 0), merged.fileAt(2, 0)]).toEqual([undefined, undefined])
})

test('more directories than are written are rejected', () => {
  const deep = Array.from({ length: 250 }, () => 'x').join('/')
  expect(() => addAll(new MergedLayers(), 0, MANY, (at) => file(`${at}/${deep}/x`))).toThrow('more than 2000000 files')
})
