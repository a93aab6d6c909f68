import { afterAll, beforeAll, expect, test } from 'vitest'
import { startBrowser, type TestBrowser } from '../../../../test/support/browser.js'
import { formatPicture } from '../../src/report/graph/formats.js'
import { pictureOf } from '../../src/report/graph/picture.js'
import { largePlan } from './large-plan.js'

let browser: TestBrowser
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(() => browser[Symbol.asyncDispose]())

test('a graph of 200 nodes is readable, in a page that loads nothing', async () => {
  const picture = pictureOf(largePlan())
  expect(picture.nodes.length).toBeGreaterThan(200)
  const { page, requests } = await browser.open(await formatPicture(picture, 'html'))
  expect(requests).toEqual([])
  const labels = page.locator('svg g.node text')
  const boxes = await labels.evaluateAll((texts) =>
    texts.map((text) => {
      const { x, y, width, height } = text.getBoundingClientRect()
      return { x, y, width, height }
    }),
  )
  expect(boxes.length).toBeGreaterThan(200)
  for (const { height } of boxes) expect(height).toBeGreaterThan(9)
  const overlapping = boxes.filter((a, at) =>
    boxes
      .slice(at + 1)
      .some((b) => overlap(a.x, a.width, b.x, b.width) > 1 && overlap(a.y, a.height, b.y, b.height) > 4),
  )
  expect(overlapping).toEqual([])
  // Laid out without the reader's fonts, so there has to be room for wider ones.
  const spilling = await page.locator('svg g.node').evaluateAll((nodes) =>
    nodes
      .filter((node) => {
        const shape = node.querySelector('path, polygon')?.getBoundingClientRect().width ?? 0
        return [...node.querySelectorAll('text')].some((text) => text.getBoundingClientRect().width > shape)
      })
      .map((node) => node.textContent),
  )
  expect(spilling).toEqual([])
  expect(await page.locator('tbody tr').count()).toBe(picture.nodes.length)
})

function overlap(a: number, aLength: number, b: number, bLength: number): number {
  return Math.min(a + aLength, b + bLength) - Math.max(a, b)
}
