import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { schemaCheck } from '../support/schema.js'
import { startOnTerminal, type TerminalCommand } from './on-terminal.js'
import { DOCKERFILE, type Stage, stage } from './stage.js'

describe('progress', () => {
  let set: Stage
  beforeAll(async () => {
    set = await stage()
  })
  afterAll(() => set[Symbol.asyncDispose]())

  function onTerminal(args: readonly string[], columns = 100): TerminalCommand {
    return startOnTerminal(['node', '--import', 'tsx', 'build.ts', ...args], {
      cwd: set.folder.path,
      env: { PATH: process.env['PATH'], DOCKER_HOST: process.env['DOCKER_HOST'], HOME: `${set.folder.path}/home` },
      columns,
      rows: 24,
    })
  }

  it('on a terminal: Ctrl-C leaves what stays, and nothing that was drawn', async () => {
    await set.folder.write({ 'app/Dockerfile': `${DOCKERFILE}RUN sleep 600\n` })
    await using command = onTerminal([])
    await command.shows(/^making +app image\(linux\/amd64\) +native .*RUN sleep 600/m)
    command.type('\u0003')
    expect(await command.ended).toBe(130)
    const lines = await command.screen.lines()
    expect(lines.filter((line) => /^making|running,|^planning/.test(line))).toEqual([])
    expect(lines).toContainEqual(expect.stringMatching(/^made +app base index +/))
    expect(lines.join('\n')).toContain('code: CANCELLED')
    expect(await command.screen.isAtLineStart()).toBe(true)
  })

  it('as JSON: an event a line and nothing else, the error too; a page of the run, and the same of its events', async () => {
    await set.folder.write({ 'app/Dockerfile': `${DOCKERFILE}RUN echo it says so && false\n` })
    const { exitCode, stdout, stderr } = await set.folder.run(['--progress', 'json', '--report', 'now.html'])
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    const [header, ...events] = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(header).toEqual({ kind: 'events', version: 1 })
    const faultsOf = schemaCheck('event')
    for (const line of [header, ...events]) expect(faultsOf(line), JSON.stringify(line)).toEqual([])
    expect(events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['planned', 'node-started', 'work']))
    expect(events.at(-1)).toMatchObject({
      kind: 'run-finished',
      outcome: 'failed',
      error: { code: 'BUILD_FAILED', message: expect.stringContaining('it says so') },
    })
    await set.folder.write({ 'events.jsonl': stderr })
    expect(await set.folder.run(['report', 'events.jsonl', '--out', 'later.html'])).toMatchObject({ exitCode: 0 })
    const [now, later] = await Promise.all(
      ['now.html', 'later.html'].map((name) => readFile(join(set.folder.path, name), 'utf8')),
    )
    expect(now).toContain('it says so')
    expect(later).toBe(now)
  })

  it('on a terminal: a failed step shows its line and the end of its output, and nothing else scrolls past', async () => {
    await using command = onTerminal([])
    expect(await command.ended).toBe(1)
    const text = (await command.screen.lines()).join('\n')
    expect(text).toMatch(/Dockerfile:5/)
    expect(text.match(/\| it says so/g)).toHaveLength(1)
    expect(text).not.toMatch(/^making|running,/m)
  })

  it('on a terminal: what was made, then the report', async () => {
    await set.folder.write({ 'app/Dockerfile': DOCKERFILE })
    await using command = onTerminal([], 200)
    expect(await command.ended).toBe(0)
    const lines = await command.screen.lines()
    expect(lines).toContainEqual(expect.stringMatching(/^made +app image\(linux\/arm\/v7\) +\d/))
    expect(lines).toContainEqual(expect.stringMatching(/^app +image\(linux\/arm\/v7\) +made in /))
    expect(lines.filter((line) => /^making|running,|^planning/.test(line))).toEqual([])
  })

  it('quiet: the report alone', async () => {
    const { exitCode, stdout, stderr } = await set.folder.run(['--progress', 'quiet'])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toContain('reused')
  })

  it('rejects another word, and reports which there are', async () => {
    const { exitCode, stderr } = await set.folder.run(['--progress', 'fancy'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('auto, tty, plain, json, quiet')
  })
})
