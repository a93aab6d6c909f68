import axe from 'axe-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startBrowser, type TestBrowser } from '../../../../test/support/browser.js'
import { pictureOf } from '../../src/report/graph/picture.js'
import { formatPicture } from '../../src/report/graph-formats.js'
import { largePlan } from './large-plan.js'
import { PLAN } from './recorded-run.js'

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

test.each([
  ['desk', 1200, 15],
  ['phone', 390, 1],
])('a graph of 200 nodes starts with what is needed first, in sight of a %s', async (_what, width, least) => {
  const picture = pictureOf(largePlan())
  const { page } = await browser.open(await formatPicture(picture, 'html'), { width })
  const { x = 0, y = 0, width: across = 0, height = 0 } = (await page.locator('.picture').boundingBox()) ?? {}
  const places = await page.locator('svg g.node').evaluateAll((nodes) =>
    nodes.map((node) => {
      const { left, right, top, bottom } = node.getBoundingClientRect()
      const lines = [...node.querySelectorAll('text')].map(({ textContent }) => textContent)
      return { left, right, top, bottom, text: lines.join(' ') }
    }),
  )
  const seen = places.filter(
    ({ left, right, top, bottom }) => left >= x && right <= x + across && top >= y && bottom <= y + height,
  )
  expect(seen.length).toBeGreaterThanOrEqual(least)
  expect(seen.map(({ text }) => text)).toContain('docker.io/library/ debian:0')
  const first = (text: string) =>
    Math.min(...places.filter((place) => place.text.startsWith(text)).map(({ top }) => top))
  expect(first('base linux/386')).toBeLessThan(first('base linux/amd64'))
})

test('fits the page, and has its own size if that is requested by keyboard', async () => {
  const { page } = await browser.open(await formatPicture(pictureOf(largePlan()), 'html'))
  const sizes = () =>
    page.locator('.picture').evaluate((frame) => ({ frame: frame.clientWidth, content: frame.scrollWidth }))
  const before = await sizes()
  expect(before.content).toBe(before.frame)
  await page.getByLabel('Fit the drawing').focus()
  await page.keyboard.press('Space')
  const after = await sizes()
  expect(after.content).toBeGreaterThan(after.frame)
})

test.each(['light', 'dark'] as const)('the page is accessible in %s, by the rules of axe', async (colorScheme) => {
  const { page } = await browser.open(await formatPicture(pictureOf(PLAN), 'html'), { colorScheme })
  await page.evaluate(axe.source)
  const { violations } = (await page.evaluate('axe.run()')) as axe.AxeResults
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
})

function overlap(a: number, aLength: number, b: number, bLength: number): number {
  return Math.min(a + aLength, b + bLength) - Math.max(a, b)
}
