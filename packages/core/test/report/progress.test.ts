import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { RunEvent } from '../../src/model/run/events.js'
import { painted, unpainted } from '../../src/report/paint.js'
import { advance, initialState, type ProgressState } from '../../src/report/progress/progress-state.js'
import { renderFinished, renderLive, type View } from '../../src/report/progress/render.js'
import { digestOf, FAILED, HALF, nodePlan, PLAN, RUN, START, WHOLE, work } from './recorded-run.js'

const WIDE: View = { now: START + 10_000, columns: 120, rows: 24, paint: unpainted }

function after(events: readonly RunEvent[]): ProgressState {
  const state = initialState(START)
  for (const event of events) advance(state, event)
  return state
}

function finishedLines(events: readonly RunEvent[]): readonly string[] {
  return after(events).finished.map((line) => renderFinished(line, WIDE))
}

describe('live lines', () => {
  test('before there is a plan', () => {
    expect(renderLive(initialState(START), WIDE)).toEqual(['planning  10 s'])
  })

  test('a line for each running node, and the state of the graph at the bottom', () => {
    expect(renderLive(after(HALF), WIDE)).toEqual([
      'making   app image(linux/amd64)  native  5 s',
      'making   app image(linux/arm/v7)  emulated  [2/3] RUN make -j1  up 4.0 of 8.0 MB, 1.3 MB/s, 3 s left  5 s',
      '2 of 5 made, 2 running, 1 reused  10 s',
    ])
  })

  const LONG = work(9, 'app image(linux/arm/v7)', {
    ...RUN,
    status: 'started',
    name: `[2/3] RUN ${'make '.repeat(40)}`,
  })

  test.each([
    [90, 'making   app image(linux/arm/v7)  [2/3] RUN m…  up 4.0 of 8.0 MB, 1.3 MB/s, 3 s left  5 s'],
    [60, 'making   app image(linux/arm/v7)  [2/3] RUN make make…  5 s'],
    [40, 'app image(linux/arm/v7)  [2/3] RU…  5 s'],
    [30, 'app image(linux/arm/v7)  5 s'],
    [20, '…linux/arm/v7)  5 s'],
  ])('what is least needed gives way, and platform and time stay, with %i columns', (columns, line) => {
    expect(renderLive(after([...HALF, LONG]), { ...WIDE, columns })[1]).toBe(line)
  })

  test('without a step there is room for what moves', () => {
    const node = 'app base(linux/arm/v7)'
    const blob = { kind: 'transfer', digest: digestOf('d'), bytes: 2e6, total: 8e6 } as const
    const events: readonly RunEvent[] = [
      { kind: 'node-started', at: START, node },
      work(1, node, { ...blob, direction: 'download' }),
      work(1, node, { ...blob, direction: 'mount' }),
    ]
    expect(renderLive(after(events), { ...WIDE, columns: 60 })[0]).toBe(
      'making   app base(linux/arm/v7)  down 2.0 of 8.0 MB  10 s',
    )
  })

  test('shows pushes with the time left although an engine omits the size of small layers', () => {
    const push = { kind: 'engine-transfer', direction: 'push', status: 'Pushing' } as const
    const small = { ...push, layer: 'l2', bytes: 3_000 } as const
    const image = 'app image(linux/arm/v7)'
    const up = (...events: readonly RunEvent[]) =>
      /up .*(?= {2}5 s)/.exec(renderLive(after([...HALF, ...events]), WIDE)[1] ?? '')?.[0]
    expect(up(work(9, image, small))).toBe('up 4.0 of 8.0 MB, 1.3 MB/s, 3 s left')
    const pushed = { ...push, layer: 'l1', status: 'Pushed' } as const
    expect(up(work(9, image, pushed), work(9, image, { ...RUN, status: 'done' }))).toBe('up 8.0 of 8.0 MB')
  })

  test('what has moved gives its room to the step', () => {
    const pushed = { kind: 'engine-transfer', direction: 'push', layer: 'l1', status: 'Pushed' } as const
    const image = 'app image(linux/arm/v7)'
    expect(renderLive(after([...HALF, work(9, image, pushed)]), WIDE)[1]).toBe(
      'making   app image(linux/arm/v7)  emulated  [2/3] RUN make -j1  5 s',
    )
  })

  test('a layer that is unpacked after its download has not moved again', () => {
    const pull = { kind: 'engine-transfer', direction: 'pull', layer: 'l3', total: 8e6 } as const
    const image = 'app image(linux/amd64)'
    const unpacked = [
      work(8, image, { ...pull, status: 'pulling', bytes: 8e6 }),
      work(9, image, { ...pull, status: 'extracting', bytes: 1e6 }),
    ]
    expect(renderLive(after([...HALF, ...unpacked]), WIDE)[0]).toContain('down 8.0 of 8.0 MB  5 s')
  })

  test.each([1, 2, 10, 20, 79, 200])('no line is wider than %i columns, painted or not', (columns) => {
    for (const paint of [unpainted, painted]) {
      const lines = renderLive(after(FAILED), { ...WIDE, columns, paint })
      for (const line of lines)
        expect(stripVTControlCharacters(line).length).toBeLessThanOrEqual(Math.max(1, columns - 1))
    }
  })

  test('each line names its engine if there are several, and the new one after a restart', () => {
    const engines = [{ engine: 'ssh://big' }, { engine: 'ssh://small' }]
    const node = 'app image(linux/amd64)'
    const use = { engine: 'ssh://big', execution: 'native', engineReason: 'native' } as const
    const start: RunEvent = { kind: 'node-started', at: START, node, ...use }
    const started: readonly RunEvent[] = [{ kind: 'planned', at: START, plan: { ...PLAN, engines } }, start]
    expect(renderLive(after(started), WIDE)[0]).toBe(`making   ${node}  native on ssh://big  10 s`)
    const error = { code: 'ENGINE_UNREACHABLE', message: 'it is gone' } as const
    const other = { engine: 'ssh://small', execution: 'emulated', engineReason: 'native-lost' } as const
    const moved: RunEvent = { kind: 'node-reassigned', at: START, node, ...other, error }
    expect(renderLive(after([...started, moved]), WIDE)[0]).toBe(`making   ${node}  emulated on ssh://small  10 s`)
  })

  test('one engine alone is named once, at the bottom, if there is room', () => {
    const plan = { ...PLAN, engines: [{ engine: 'ssh://small' }] }
    const state = after([{ kind: 'planned', at: START, plan }, ...HALF.slice(1)])
    expect(renderLive(state, WIDE)[0]).toBe('making   app image(linux/amd64)  native  5 s')
    const bottom = (columns: number) => renderLive(state, { ...WIDE, columns }).at(-1)
    expect(bottom(60)).toBe('2 of 5 made, 2 running, 1 reused  on ssh://small  10 s')
    expect(bottom(50)).toBe('2 of 5 made, 2 running, 1 reused  10 s')
    expect(bottom(20)).toBe('2 of 5 made,…  10 s')
  })

  test('more nodes than rows are counted', () => {
    const nodes = Array.from({ length: 30 }, (_, index) => nodePlan(`app base(${index})`, 'base', 'copy'))
    const started = nodes.map(({ node }): RunEvent => ({ kind: 'node-started', at: START, node }))
    const state = after([{ kind: 'planned', at: START, plan: { ...PLAN, nodes } }, ...started])
    const lines = renderLive(state, { ...WIDE, rows: 10 })
    expect(lines).toHaveLength(5)
    expect(lines.at(-2)).toBe('         and 27 more')
    expect(lines.at(-1)).toContain('30 running')
  })

  test('a step cannot send anything to the terminal', () => {
    const name = '[2/3] RUN \u001b[2J\u001b]0;title\u0007evil\r\nnext'
    const step = { kind: 'build-step', step: 'sha256:9', name, status: 'started' } as const
    const [, line] = renderLive(after([...HALF, work(9, 'app image(linux/arm/v7)', step)]), WIDE)
    expect(line).toContain('  [2/3] RUN evil next (and 1 more)  ')
  })

  test('reports that it is about to stop', () => {
    const state = after(HALF)
    state.isStopping = true
    expect(renderLive(state, WIDE).at(-1)).toMatch(
      /^stopping \(press Ctrl-C again to exit immediately\) {2}2 of 5 made/,
    )
  })
})

describe('lines that stay', () => {
  test('what was made, in its order, with warnings and names', () => {
    expect(finishedLines(WHOLE)).toEqual([
      'note     the base of linux/arm/v7 says linux/amd64 in its config',
      'made     app base(linux/arm/v7)  3.0 s',
      'made     app base index  1.0 s',
      'warning  app image(linux/arm/v7): FromAsCasing (Dockerfile line 3)',
      'made     app image(linux/amd64)  4.0 s',
      'made     app image(linux/arm/v7)  1 min 5 s',
      'made     app index  1.0 s',
      'moved    reg.example/app:1.0',
      'moved    reg.example/app:latest',
    ])
  })

  test('a failure in one line of the terminal: all of it comes with the error at the end', () => {
    expect(finishedLines(FAILED).slice(-2)).toEqual([
      'failed   app image(linux/arm/v7): the build for linux/arm/v7 failed at Dockerfile:3: exit code: 2  5.0 s',
      'skipped  app image(linux/amd64): cancelled  5.0 s',
    ])
  })

  test('a failure is cut on a narrow terminal', () => {
    const failed = after(FAILED).finished.at(-2) ?? expect.unreachable()
    expect(renderFinished(failed, { ...WIDE, columns: 60 })).toBe(
      'failed   app image(linux/arm/v7): the build for lin…  5.0 s',
    )
  })

  test('report what machine code could not confirm, and nothing if it matches', () => {
    const check = (more: object) =>
      work(9, 'app image(linux/amd64)', { kind: 'code-checked', verdict: 'match', ...more })
    const lines = finishedLines([
      check({ path: 'bin/sh', found: 'amd64' }),
      check({ verdict: 'unknown', because: 'it has no executable' }),
      check({ verdict: 'mismatch', path: 'bin/sh', found: '386', allowed: true }),
    ])
    expect(lines).toEqual([
      'warning  app image(linux/amd64): its machine code is unknown: it has no executable',
      'warning  app image(linux/amd64): bin/sh is machine code for 386; the declared platform is used',
    ])
  })

  test('show the outcome by a word, not by colour alone', () => {
    const [line = ''] = after(WHOLE)
      .finished.slice(1)
      .map((one) => renderFinished(one, { ...WIDE, paint: painted }))
    expect(line).toContain('\u001b[32mmade')
    expect(stripVTControlCharacters(line)).toMatch(/^made {5}app base/)
  })
})

test('log lines change nothing that is drawn', () => {
  const state = after(HALF)
  const before = renderLive(state, WIDE)
  const log = { kind: 'build-log', step: 'sha256:1', stream: 'stdout', text: 'cc -c main.c\n' } as const
  for (let count = 0; count < 10_000; count += 1) advance(state, work(9, 'app image(linux/arm/v7)', log))
  expect(renderLive(state, WIDE)).toEqual(before)
  expect(state.finished).toHaveLength(4)
})
