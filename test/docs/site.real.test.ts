import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
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

  test('no link leads nowhere: to a file that is not there, or to a place that its page does not have', () => {
    const pages = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.html'))
    expect(pages.length).toBeGreaterThan(100)
    const texts = new Map(pages.map((page) => [join(site, page), readFileSync(join(site, page), 'utf8')]))
    const places = new Map([...texts].map(([page, text]) => [page, new Set(matches(text, / (?:id|name)="([^"]+)"/g))]))
    const missing = [...texts].flatMap(([page, text]) =>
      matches(text, / (?:href|src)="([^"]*)"/g).filter((written) => {
        const target = new URL(written.replaceAll('&amp;', '&'), pathToFileURL(page))
        if (target.protocol !== 'file:') return false
        const place = decodeURIComponent(target.hash.slice(1))
        const file = fileURLToPath(new URL(target.pathname, target))
        return !existsSync(file) || (place !== '' && places.get(file)?.has(place) === false)
      }),
    )
    expect(missing).toEqual([])
    // What looks like a host in prose has become a link.
    const foreign = [...texts.values()].flatMap((text) => matches(text, / href="(http:[^"]*)"/g))
    expect(foreign).toEqual([])
  })

  test('works from the file system: sends no request', async () => {
    await using browser = await startBrowser()
    const { page, requests } = await browser.visit(pathToFileURL(join(site, 'index.html')).href)
    for (const name of ['docs_getting-started', 'docs_moving', 'docs_errors']) {
      await page.goto(pathToFileURL(join(site, `documents/${name}.html`)).href)
      expect(await page.locator('h1').first().textContent()).toBeTruthy()
    }
    expect(await page.locator('nav').first().textContent()).toMatch(/@polyarch.*core.*plugin-ubuntu/s)
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

function matches(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(([, found = '']) => found)
}
