import { describe, expect, test, vi } from 'vitest'
import type { RunEvent } from '../../src/model/run/events.js'
import { plainReporter } from '../../src/report/plain.js'
import { eventLinesReporter } from '../../src/report/progress/event-lines.js'
import { groupMarkers } from '../../src/report/progress/groups.js'
import { digestOf, FAILED, RUN, START, WHOLE, work } from './recorded-run.js'

function written(events: readonly RunEvent[], env: Readonly<Record<string, string>> = {}, verbose = false): string {
  let text = ''
  using reporter = plainReporter({
    write: (piece) => {
      text += piece
    },
    verbose,
    markers: groupMarkers(env),
  })
  for (const event of events) reporter.report(event)
  return text
}

describe('plain', () => {
  test('reports a run as lines', () => {
    expect(written(WHOLE).split('\n')).toEqual([
      'note: the base of linux/arm/v7 says linux/amd64 in its config',
      'app base(linux/amd64): reused sha256:aaaaaaaaaaaa',
      'app base(linux/arm/v7): started',
      'app base(linux/arm/v7): download 30.0 MB',
      'app base(linux/arm/v7): done sha256:bbbbbbbbbbbb',
      'app base index: started',
      'app base index: done sha256:cccccccccccc',
      'app image(linux/amd64): started',
      'app image(linux/arm/v7): started',
      'app image(linux/arm/v7): [2/3] RUN make -j1 (started)',
      'app image(linux/arm/v7): warning: FromAsCasing (Dockerfile line 3)',
      'app image(linux/amd64): done sha256:111111111111',
      'app image(linux/arm/v7): [2/3] RUN make -j1 (done in 54.0 s)',
      'app image(linux/arm/v7): done sha256:222222222222',
      'app index: started',
      'app index: done sha256:ffffffffffff',
      'reg.example/app:1.0 -> sha256:ffffffffffff',
      'reg.example/app:latest -> sha256:ffffffffffff',
      '',
    ])
  })

  test('with the output of steps if it is requested, of progress bars the last state', () => {
    const text = '1%\r50%\r100%\n\u001b[31mred\u001b[0m\n'
    const log = work(6, 'app image(linux/arm/v7)', { kind: 'build-log', step: 's', stream: 'stdout', text })
    expect(written([log], {}, true)).toBe('app image(linux/arm/v7): 100%\napp image(linux/arm/v7): red\n')
    expect(written([log])).toBe('')
  })

  test('with small transfers if it is requested', () => {
    const transfer = { kind: 'transfer', direction: 'upload', digest: digestOf('a'), bytes: 143, total: 143 } as const
    const small = work(6, 'app index', transfer)
    expect(written([small])).toBe('')
    expect(written([small], {}, true)).toBe('app index: upload 143 B\n')
  })

  test('output that comes in pieces as whole lines, by step, and the rest of one when it ends', () => {
    const node = 'app image(linux/amd64)'
    const log = (step: string, text: string) => work(6, node, { kind: 'build-log', step, stream: 'stdout', text })
    const done = work(7, node, { kind: 'build-step', step: 'a', name: '[2/3] RUN make', status: 'done' })
    const events = [log('a', 'Reading lists'), log('b', 'one\ntw'), log('a', '... Done\n\nEn'), log('b', 'o\n'), done]
    expect(written(events, {}, true).split('\n')).toEqual([
      `${node}: one`,
      `${node}: Reading lists... Done`,
      `${node}: `,
      `${node}: two`,
      `${node}: En`,
      `${node}: [2/3] RUN make (done)`,
      '',
    ])
    expect(written([log('a', 'x'.repeat(100_000))], {}, true).length).toBeGreaterThan(100_000)
  })

  test('folds each node on GitHub, with the output of its steps, one group after the other', () => {
    expect(written(FAILED, { GITHUB_ACTIONS: 'true' })).toContain(
      [
        '::group::app image(linux/arm/v7): failed: the build for linux/arm/v7 failed at Dockerfile:3: exit code: 2',
        '  cc -c main.c',
        '  warning: FromAsCasing (Dockerfile line 3)',
        '  [2/3] RUN make -j1 (failed in 4.0 s)',
        '::endgroup::',
        'app image(linux/amd64): cancelled',
      ].join('\n'),
    )
  })

  test('a step that starts is a line at once on GitHub, outside of the group that its node becomes', () => {
    const lines = written(WHOLE, { GITHUB_ACTIONS: 'true' }).split('\n')
    const start = lines.indexOf('app image(linux/arm/v7): [2/3] RUN make -j1 (started)')
    expect(start).toBeGreaterThan(0)
    expect(lines.indexOf('::group::app image(linux/arm/v7): done sha256:222222222222')).toBeGreaterThan(start)
  })

  test.each([{}, { GITHUB_ACTIONS: 'true' }])('the end of the output of a step that runs for long, in %j', (env) => {
    vi.useFakeTimers({ now: START })
    try {
      let text = ''
      const write = (piece: string) => {
        text += piece
      }
      const node = 'app image(linux/arm/v7)'
      using reporter = plainReporter({ write, verbose: false, markers: groupMarkers(env) })
      reporter.report(work(0, node, { ...RUN, status: 'started' }))
      reporter.report(work(1, node, { kind: 'build-log', step: RUN.step, stream: 'stdout', text: 'cc a.c\ncc b' }))
      vi.advanceTimersByTime(9_000)
      expect(text).toBe(`${node}: [2/3] RUN make -j1 (started)\n`)
      vi.advanceTimersByTime(2_000)
      expect(text).toMatch(/\n.*: \[2\/3\] RUN make -j1 \(running for 10 s\): cc b\n$/)
    } finally {
      vi.useRealTimers()
    }
  })

  test('folds each node on GitLab', () => {
    expect(written(WHOLE, { GITLAB_CI: 'true' })).toContain(
      '\u001b[0Ksection_start:1767323049:polyarch_1[collapsed=true]\r\u001b[0Kapp base(linux/arm/v7): done sha256:bbbbbbbbbbbb\n' +
        '  download 30.0 MB\n' +
        '\u001b[0Ksection_end:1767323049:polyarch_1\r\u001b[0K\n',
    )
  })

  test('no output of a build is taken for a command of the CI system', () => {
    const text = [
      '::set-env name=PATH::/evil',
      ' \t::add-mask::everything',
      'echo ##[set-output name=x]evil',
      '\u001b[0Ksection_end:1:x\r\u001b[0K\n',
    ].join('\n')
    const log = work(6, 'app image(linux/amd64)', { kind: 'build-log', step: 's', stream: 'stdout', text })
    const end = {
      kind: 'node-skipped',
      at: 0,
      node: 'app image(linux/amd64)',
      because: 'x\n::stop-commands::y',
    } as const
    const alone = { ...end, node: '##[debug]' } as const
    const lines = written([log, end, alone], { GITHUB_ACTIONS: 'true' }).split('\n')
    // As its runner reads them: https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
    expect(lines.filter((line) => line.trimStart().startsWith('::') || line.includes('##['))).toEqual([
      '::group::app image(linux/amd64): x ::stop-commands::y',
      '::endgroup::',
    ])
    expect(lines.join('')).not.toContain('\u001b')
  })

  test('keeps the end of the output of a node, in bounded memory', () => {
    const node = 'app image(linux/amd64)'
    const logs = Array.from({ length: 10_000 }, (_, index) =>
      work(6, node, { kind: 'build-log', step: 's', stream: 'stdout', text: `line ${index}\n` }),
    )
    const end = { kind: 'node-skipped', at: 0, node, because: 'cancelled' } as const
    const lines = written([...logs, end], { GITHUB_ACTIONS: 'true' })
      .trimEnd()
      .split('\n')
    expect(lines.at(-2)).toBe('  line 9999')
    expect(lines.length).toBeLessThan(4_010)
    expect(lines[1]).toMatch(/^ {2}… \d+ earlier lines omitted$/)
  })
})

test('JSON: a header with the version, then an event a line', () => {
  let text = ''
  using reporter = eventLinesReporter((piece) => {
    text += piece
  })
  for (const event of WHOLE) reporter.report(event)
  const [header, ...events] = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(header).toEqual({ kind: 'events', version: 1 })
  expect(events).toEqual(WHOLE)
})
