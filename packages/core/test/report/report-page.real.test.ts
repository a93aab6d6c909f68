import axe from 'axe-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PageOptions, startBrowser, type TestBrowser } from '../../../../test/support/browser.js'
import type { RunEvent } from '../../src/model/run/events.js'
import { formatReportPage } from '../../src/report/html/report-page.js'
import { RunRecorder } from '../../src/report/record/run-record.js'
import { EVIL, evilRun } from './evil-run.js'
import { digestOf, FAILED, WHOLE } from './recorded-run.js'

let browser: TestBrowser
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(() => browser[Symbol.asyncDispose]())

async function open(events: readonly RunEvent[], options?: PageOptions) {
  const recorder = new RunRecorder()
  for (const event of events) recorder.add(event)
  return browser.open(await formatReportPage(recorder.record()), options)
}

describe('the page of a run', () => {
  test('shows what was made and why, names, the critical path, sizes and the graph, and loads nothing', async () => {
    const { page, requests } = await open(WHOLE)
    expect(requests).toEqual([])
    expect(await page.locator('h1').textContent()).toBe('The run of app succeeded')
    const headings = await page.locator('h2').allTextContents()
    expect(headings).toEqual([
      'Notes, policies and warnings',
      'Names',
      'Nodes and reasons',
      'Timeline',
      'Sizes of the images',
      'Sizes of transfers',
      'The planned graph',
      'Output',
    ])
    const rowOf = (text: string) => page.locator('tr', { hasText: text }).first().textContent()
    expect(await rowOf('reg.example/app:1.0')).toMatch(/moved\s*sha256:e+\s*sha256:f+/)
    expect(await rowOf('app base(linux/arm/v7)')).toContain('copied')
    expect(await rowOf('app image(linux/arm/v7)')).toContain('bin/sh is machine code for arm/v7')
    expect(await rowOf(digestOf('9'))).toMatch(/5\.0 MB\s*app image\(linux\/amd64\), app image\(linux\/arm\/v7\)/)
    expect(await page.locator('main').textContent()).toContain('43.0 MB in all, what several images share counted once')
    const marked = await page.locator('.timeline tr', { hasText: '▶' }).count()
    expect(marked).toBe(4)
    await expect(page.locator('details pre').isVisible()).resolves.toBe(false)
    await page.locator('summary').focus()
    await page.keyboard.press('Enter')
    expect(await page.locator('details pre').textContent()).toBe('cc -c main.c')
  })

  test('of a run that failed shows the error first, and opens the output of what failed', async () => {
    const { page } = await open(FAILED)
    expect(await page.locator('h2').first().textContent()).toBe('Failures')
    expect(await page.locator('.box.bad').textContent()).toContain('hint: correct the Dockerfile;')
    expect(await page.locator('main').textContent()).toContain('npx tsx build.ts explain BUILD_FAILED')
    await expect(page.locator('details pre').isVisible()).resolves.toBe(true)
    expect(await page.locator('tr', { hasText: 'reg.example/app:1.0' }).first().textContent()).toContain('not moved')
  })

  test.each([
    ['succeeded', WHOLE],
    ['failed', FAILED],
  ])('of a run that %s runs no script, whatever field it is put into', async (_how, events) => {
    const { page, requests } = await open(evilRun(events))
    expect(await page.evaluate('window.evil')).toBeUndefined()
    expect(await page.locator('script, img, [onload], [onerror]').count()).toBe(0)
    expect(requests).toEqual([])
    expect(await page.locator('main').textContent()).toContain(EVIL)
  })

  test.each(['light', 'dark'] as const)('is accessible in %s, by the rules of axe', async (colorScheme) => {
    const { page } = await open(FAILED, { colorScheme })
    await page.evaluate(axe.source)
    const { violations } = (await page.evaluate('axe.run()')) as axe.AxeResults
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
  })

  test.each([
    ['succeeded', WHOLE],
    ['failed', FAILED],
  ])('of a run that %s fits a phone, and paper without anything cut off', async (_how, events) => {
    const long = `docker-image://reg.example/app@${digestOf('1')}`
    const named = JSON.parse(JSON.stringify(events).replaceAll('RUN make', long)) as readonly RunEvent[]
    for (const options of [{ width: 360 }, { width: 700, media: 'print' }] as const) {
      const { page } = await open(named, options)
      expect(await page.locator('main').textContent()).toContain(long)
      const widths = await page.evaluate('[document.documentElement.scrollWidth, innerWidth]')
      const [content = 0, window = 0] = widths as readonly number[]
      expect(content).toBeLessThanOrEqual(window)
      // Words that are broken letter by letter fit anywhere.
      const heights = await page
        .locator('th[scope=col], .state')
        .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height))
      for (const height of heights) expect(height).toBeLessThan(50)
    }
  })

  test('keeps the names of rows and their title in sight while a table is scrolled on a phone', async () => {
    const { page } = await open(WHOLE, { width: 390 })
    const lefts = await page.evaluate(`[...document.querySelectorAll('.scroll')].flatMap((frame) => {
      frame.scrollLeft = 200
      const start = frame.getBoundingClientRect().left
      return [...frame.querySelectorAll('tr > th:first-child')].map((one) => {
        const { left, width } = one.getBoundingClientRect()
        return [left - start, width / frame.clientWidth]
      })
    })`)
    for (const [left = -1, share = 1] of lefts as readonly (readonly number[])[]) {
      expect(left).toBeCloseTo(0, 0)
      expect(share).toBeLessThan(0.5)
    }
  })
})
