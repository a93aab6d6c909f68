import { randomUUID } from 'node:crypto'
import { connectBuilder } from '../../packages/core/src/builder/connect.js'
import type { Builder } from '../../packages/core/src/builder/port.js'
import { CancelledError } from '../../packages/core/src/index.js'
import { buildFor } from '../../packages/core/test/builder/engines.js'
import { countResources, type ResourceCount, type SoakCounts } from './resources.js'

/** Milliseconds up to which builds are cancelled after their start, so that each phase of a build is met. */
const LATEST_CANCEL = 600

/** Sessions that a builder keeps open, and connections that come with them. */
const KEPT_SESSIONS = 4

/** How often the count is printed. */
const REPORTS = 10

/** Builds of one builder, each with files and a session of its own. */
export class SoakBuilds {
  readonly #host: string
  readonly #build: ReturnType<typeof buildFor>
  readonly #base: string
  readonly #report: (what: string, count: ResourceCount) => void

  constructor(host: string, registry: string, base: string, report: (what: string, count: ResourceCount) => void) {
    this.#host = host
    this.#build = buildFor(() => registry)
    this.#base = base
    this.#report = report
  }

  async run(builds: number, cancelled: number): Promise<SoakCounts> {
    const start = await this.#count('before')
    let warm = start
    let open = start
    {
      await using builder = connectBuilder({ host: this.#host, env: process.env })
      for (let done = 1; done <= builds; done++) {
        await this.#succeed(builder)
        if (done % Math.ceil(builds / REPORTS) !== 0) continue
        open = await this.#count(`${done} builds`)
        if (warm === start && done > KEPT_SESSIONS) warm = open
      }
      for (let done = 1; done <= cancelled; done++) {
        await this.#cancel(builder)
        if (done % Math.ceil(cancelled / REPORTS) === 0) open = await this.#count(`${done} cancelled builds`)
      }
    }
    return { start, warm, open, closed: await this.#count('after closing') }
  }

  async #succeed(builder: Builder): Promise<void> {
    const request = this.#build('FROM scratch\nCOPY file /\n', { files: { file: randomUUID() } })
    await using built = await builder.build(request)
    await built.push()
  }

  async #cancel(builder: Builder): Promise<void> {
    const stop = new AbortController()
    const text = `FROM ${this.#base}\nCOPY file /\nRUN sleep 60\n`
    const building = builder.build(this.#build(text, { files: { file: randomUUID() } }), { signal: stop.signal })
    const timer = setTimeout(() => stop.abort(), Math.random() * LATEST_CANCEL)
    try {
      await building
      throw new Error('a build that takes a minute was not cancelled')
    } catch (error) {
      if (!(error instanceof CancelledError)) throw error
    } finally {
      clearTimeout(timer)
    }
  }

  async #count(what: string): Promise<ResourceCount> {
    const count = await countResources()
    this.#report(what, count)
    return count
  }
}
