import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from '../house/repository.js'
import { startBrowser } from '../support/browser.js'
import { runProgram } from '../support/child.js'
import { Cleanup } from '../support/cleanup.js'
import { tempFolder } from '../support/temp-folder.js'

describe('the documentation site', () => {
  const cleanup = new Cleanup()
  let site: string
  beforeAll(async () => {
    site = cleanup.use(await tempFolder('site')).path
    await runProgram(join(ROOT, 'node_modules/.bin/typedoc'), ['--out', site], { cwd: ROOT })
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  test('works from the file system: nothing is asked of a network, and no link or picture is missing', async () => {
    await using browser = await startBrowser()
    const { page, requests } = await browser.visit(pathToFileURL(join(site, 'index.html')).href)
    const linked = await addressesIn(page, 'a[href*="documents/"]')
    const pages = [...new Set(linked.map((url) => url.replace(/#.*/, '')))]
    expect(pages.length).toBeGreaterThanOrEqual(12)
    const missing: string[] = []
    for (const url of [page.url(), ...pages]) {
      await page.goto(url)
      const targets = await addressesIn(page, 'main a[href], img[src]')
      const files = targets
        .filter((target) => target.startsWith('file:'))
        .map((target) => fileURLToPath(target.replace(/[#?].*/, '')))
      missing.push(...files.filter((file) => !existsSync(file)).map((file) => `${url}: ${file}`))
    }
    expect(missing).toEqual([])
    expect(requests.filter((url) => /^https?:/.test(url))).toEqual([])
  })

  test('shows the picture that polyarch made, and finds what is looked for', async () => {
    await using browser = await startBrowser()
    const { page } = await browser.visit(pathToFileURL(join(site, 'index.html')).href)
    const picture = page.locator('img[src$=".svg"]').first()
    const { width = 0 } = (await picture.boundingBox()) ?? {}
    expect(width).toBeGreaterThan(300)
    await page.keyboard.press('/')
    await page.keyboard.type('fromImage')
    await page.locator('#tsd-search-results li', { hasText: 'fromImage' }).first().waitFor()
  })
})

/** Where links and pictures lead to. */
async function addressesIn(page: Page, selector: string): Promise<readonly string[]> {
  const written = await page
    .locator(selector)
    .evaluateAll((found) => found.map((one) => one.getAttribute('href') ?? one.getAttribute('src') ?? ''))
  return written.map((address) => new URL(address, page.url()).href)
}
