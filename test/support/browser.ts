import { chromium, type Page } from 'playwright-core'
import { tempFolder } from './temp-folder.js'

/** A headless Chromium with a fresh profile, that reaches nothing. */
export interface TestBrowser extends AsyncDisposable {
  /** Shows markup as a file of its own would be shown. */
  open(markup: string, options?: PageOptions): Promise<OpenPage>
  /** Goes to an address. */
  visit(url: string): Promise<OpenPage>
}

/** A page, and what it tried to load beside itself. */
export interface OpenPage {
  readonly page: Page
  readonly requests: readonly string[]
}

/** How a page is looked at. */
export interface PageOptions {
  readonly colorScheme?: 'light' | 'dark'
  readonly media?: 'screen' | 'print'
  readonly width?: number
}

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Starts the machine's Chromium. */
export async function startBrowser(): Promise<TestBrowser> {
  const profile = await tempFolder('chromium')
  const context = await chromium.launchPersistentContext(profile.path, {
    executablePath: '/usr/bin/chromium',
    headless: true,
    args: FLAGS,
    offline: true,
  })
  const newPage = async ({ colorScheme = 'light', media = 'screen', width = 1200 }: PageOptions = {}) => {
    const page = await context.newPage()
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme, media })
    const requests: string[] = []
    page.on('request', (request) => requests.push(request.url()))
    return { page, requests }
  }
  return {
    async open(markup, options) {
      const opened = await newPage(options)
      await opened.page.setContent(markup)
      return opened
    },
    async visit(url) {
      const opened = await newPage()
      await opened.page.goto(url)
      return opened
    },
    async [Symbol.asyncDispose]() {
      await context.close()
      await profile[Symbol.asyncDispose]()
    },
  }
}
