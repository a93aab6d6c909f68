import { randomInt } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { Cleanup } from '../support/cleanup.js'
import { appText, digestAt, type Stage, stage } from './stage.js'
import type { Runner } from './user-folder.js'

const cleanup = new Cleanup()
let set: Stage
beforeEach(async () => {
  set = cleanup.use(await stage())
})
afterAll(() => cleanup[Symbol.asyncDispose]())

/** A number of seconds that no other process of this machine sleeps for, by which a RUN is found among them. */
function uniqueSleep(): string {
  return `sleep ${randomInt(1_000_000, 9_000_000)}`
}

async function processesWith(words: string): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  // A process may end between the listing and the reading.
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return commands.filter((command) => command.replaceAll('\0', ' ').includes(words)).length
}

describe('a RUN that fails', () => {
  it('exits with 1, shows the line and the end of its output, and moves no tag', async () => {
    await set.folder.run()
    const before = await digestAt(set.url, 'team/app', '1.0')
    expect(before).toMatch(/^sha256:/)
    const failing = 'RUN echo the last thing it said; test "$(uname -m)" = x86_64'
    await set.folder.write({ 'app/Dockerfile': `ARG BASE_IMAGE\nFROM \${BASE_IMAGE}\n\n# on ARM only\n${failing}\n` })
    set.writes()
    const { exitCode, stdout, stderr } = await set.folder.run()
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr).toContain('app image(linux/arm/v7): failed: ')
    expect(stderr).toContain(
      'error: app image(linux/arm/v7): the build for linux/arm/v7 failed at Dockerfile:5: exit code: 1\n  [2/2] RUN echo',
    )
    expect(stderr).toContain('\n  | the last thing it said\n')
    expect(stderr).toContain('code: BUILD_FAILED')
    for (const tag of ['1.0', 'latest']) expect(await digestAt(set.url, 'team/app', tag)).toBe(before)
    expect(set.writes().filter((write) => /^PUT .*\/manifests\/(1\.0|latest)$/.test(write))).toEqual([])
  })
})

describe('an optional platform that fails', () => {
  it('exits with 4, and the report reports what the names were published without', async () => {
    await set.folder.writeBuild(appText(set.host).replace("variant: 'v7',", "variant: 'v7', optional: true,"))
    const failing = 'RUN test "$(uname -m)" = x86_64'
    await set.folder.write({ 'app/Dockerfile': `ARG BASE_IMAGE\nFROM \${BASE_IMAGE}\n${failing}\n` })
    const { exitCode, stdout } = await set.folder.run()
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 4 })
    expect(stdout).toContain('without app image(linux/arm/v7): the build for linux/arm/v7 failed at Dockerfile:3')
    expect(await digestAt(set.url, 'team/app', '1.0')).toMatch(/^sha256:/)
  })
})

describe('Ctrl-C', () => {
  it.each(['node', 'tsx'] as const)(
    'in mid-build under %s stops the builds, moves no tag, and exits with 130',
    async (runner) => {
      await interruptBuild([], runner)
      expect(set.writes().filter((write) => /^PUT .*\/manifests\/(1\.0|latest)$/.test(write))).toEqual([])
      expect(await digestAt(set.url, 'team/app', '1.0')).toBeUndefined()
    },
  )

  it('in mid-build to the embedded registry does the same, and frees its directory', async () => {
    await interruptBuild(['--registry', 'embedded:store'], 'node')
    const files = await readdir(join(set.folder.path, 'store'))
    expect(files).toContain('index.json')
    expect(files).not.toContain('lock.json')
    const names = await readFile(join(set.folder.path, 'store/index.json'), 'utf8')
    expect(names).not.toContain('team/app:1.0')
  })

  /** Sends SIGINT while both platforms are being built, and waits until nothing of that runs any more. */
  async function interruptBuild(args: readonly string[], runner: Runner): Promise<void> {
    const sleep = uniqueSleep()
    const run = `RUN echo "$(uname -m) sleeps" && ${sleep}`
    await set.folder.write({ 'app/Dockerfile': `ARG BASE_IMAGE\nFROM \${BASE_IMAGE}\n${run}\n` })
    await using building = set.folder.start(['--verbose', ...args], {}, runner)
    await Promise.all([building.says(/armv7l sleeps$/m), building.says(/x86_64 sleeps$/m)])
    // A process shows no words at the moment in which it becomes another program.
    await vi.waitUntil(async () => (await processesWith(sleep)) >= 2, { timeout: 60_000, interval: 100 })
    building.kill('SIGINT')
    const { exitCode, stderr } = await building.ended
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 130 })
    // tsx kills a process that has not answered the signal within 60 ms, as happens on a busy machine: then it says no more.
    const isHeardOut = runner === 'node' || stderr.includes('code: ')
    if (isHeardOut) {
      expect(stderr.match(/^stopping/gm)).toHaveLength(1)
      expect(stderr).toContain('code: CANCELLED')
    }
    await vi.waitUntil(async () => (await processesWith(sleep)) === 0, { timeout: 60_000, interval: 100 })
  }
})

describe('a definition with issues', () => {
  it('exits with 2, reports all of them together, and contacts nothing', async () => {
    await set.folder.writeBuild(`
      const app = pipeline('team/App')
        .platforms(
          platform('x86_86', { base: fromImage('${set.host}/bases/wide:1') }),
          platform('arm', { variant: 'v99', base: fromImage('${set.host}/bases/narrow:1') }),
          platform('arm64', { base: fromImage('Not A Name') }),
        )
        .build({ contxt: 'app' } as never)
        .tags('a b')
      run(app)
    `)
    const { exitCode, stdout, stderr } = await set.folder.run()
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    const issues = stderr.match(/^error: .*$/gm) ?? []
    expect(issues).toEqual(
      expect.arrayContaining([
        "error: pipeline('team/App'): 'team/App' is not a valid image name",
        "error: pipeline('team/App').tags: tag 'a b' is not valid",
        "error: pipeline('team/App').platforms[0]: unknown architecture 'x86_86'",
        "error: pipeline('team/App').platforms[1]: unknown variant 'v99' of arm",
        "error: pipeline('team/App').platforms[2].base: 'Not A Name' is not a valid image name",
        "error: pipeline('team/App').build.contxt: build option 'contxt' does not exist",
      ]),
    )
    expect(stderr.match(/^code: /gm)).toHaveLength(1)
    expect(set.requests()).toEqual([])
  })
})
