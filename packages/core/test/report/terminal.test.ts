import { expect, test, vi } from 'vitest'
import { Screen } from '../../../../test/support/screen.js'
import { unpainted } from '../../src/report/paint.js'
import { terminalReporter } from '../../src/report/progress/terminal.js'
import { HALF, START, WHOLE, work } from './recorded-run.js'

/** A reporter on a screen, at a clock that the test moves. */
function reporterOn(screen: Screen, verbose = false) {
  vi.useFakeTimers({ now: START, toFake: ['Date', 'setInterval', 'clearInterval'] })
  const reporter = terminalReporter({ terminal: screen, paint: unpainted, verbose })
  return { reporter, frame: () => vi.advanceTimersByTime(100), [Symbol.dispose]: () => vi.useRealTimers() }
}

const STAYING = [
  'note     the base of linux/arm/v7 says linux/amd64 in its config',
  'made     app base(linux/arm/v7)  3.0 s',
  'made     app base index  1.0 s',
  'warning  app image(linux/arm/v7): FromAsCasing (Dockerfile line 3)',
]

test('draws what goes on below what is done, and takes it away at the end', async () => {
  const screen = new Screen(100, 24)
  using drawing = reporterOn(screen)
  for (const event of HALF) drawing.reporter.report(event)
  drawing.frame()
  const half = await screen.lines()
  expect(half.slice(0, 4)).toEqual(STAYING)
  expect(half.slice(4)).toEqual([
    expect.stringMatching(/^making {3}app image\(linux\/amd64\)/),
    expect.stringMatching(/^making {3}app image\(linux\/arm\/v7\) .*RUN make -j1/),
    expect.stringMatching(/^2 of 5 made, 2 running, 1 reused/),
  ])
  for (const event of WHOLE.slice(HALF.length)) drawing.reporter.report(event)
  drawing.reporter[Symbol.dispose]()
  const whole = await screen.lines()
  expect(whole).toHaveLength(9)
  expect(whole.at(-1)).toBe('moved    reg.example/app:latest')
  expect(await screen.isAtLineStart()).toBe(true)
})

test.each([
  ['narrower', 40, 24],
  ['wider', 160, 24],
  ['lower', 100, 6],
])('leaves nothing behind when the terminal gets %s', async (_how, columns, rows) => {
  const screen = new Screen(100, 24)
  using drawing = reporterOn(screen)
  for (const event of HALF) drawing.reporter.report(event)
  drawing.frame()
  await screen.resize(columns, rows)
  drawing.frame()
  const lines = await screen.lines()
  expect(lines.filter((line) => /^(making {3})?app image/.test(line))).toHaveLength(2)
  expect(lines.filter((line) => line.includes('2 of 5 made'))).toHaveLength(1)
  drawing.reporter[Symbol.dispose]()
  expect((await screen.lines()).join('')).toBe(STAYING.join(''))
})

test.each([60, 40, 20])(
  'a screen full of running nodes leaves nothing behind when it gets as narrow as %i columns, step by step',
  async (least) => {
    const screen = new Screen(120, 24)
    using drawing = reporterOn(screen)
    const step = { kind: 'build-step', step: 's', name: `[2/9] RUN ${'作る '.repeat(60)}`, status: 'started' } as const
    for (let count = 0; count < 40; count += 1) {
      const node = `app image(linux/${count})`
      drawing.reporter.report({ kind: 'node-started', at: START, node })
      drawing.reporter.report(work(0, node, step))
    }
    drawing.frame()
    expect(await screen.lines()).toHaveLength(12)
    for (let columns = 120; columns >= least; columns -= 20) await screen.resize(columns, 24)
    expect(await screen.lines()).toHaveLength(12)
    drawing.reporter[Symbol.dispose]()
    expect(await screen.lines()).toEqual([])
  },
)

test('more running nodes than rows fit on the screen', async () => {
  const screen = new Screen(60, 5)
  using drawing = reporterOn(screen)
  for (let count = 0; count < 20; count += 1) {
    drawing.reporter.report({ kind: 'node-started', at: START, node: `app base(linux/${count})` })
    drawing.frame()
  }
  drawing.reporter[Symbol.dispose]()
  expect(await screen.lines()).toEqual([])
})

test('writes no more for thousands of log lines than for none', () => {
  const screen = new Screen(100, 24)
  using drawing = reporterOn(screen)
  for (const event of HALF) drawing.reporter.report(event)
  drawing.frame()
  const before = screen.written
  const log = { kind: 'build-log', step: 's', stream: 'stdout', text: 'cc -c main.c\n' } as const
  for (let count = 0; count < 10_000; count += 1) drawing.reporter.report(work(9, 'app image(linux/amd64)', log))
  expect(screen.written).toBe(before)
})

test('shows the output of steps above the live lines if it is requested', async () => {
  const screen = new Screen(100, 24)
  using drawing = reporterOn(screen, true)
  for (const event of HALF) drawing.reporter.report(event)
  drawing.frame()
  const lines = await screen.lines()
  expect(lines[0]).toBe('app image(linux/arm/v7): cc -c main.c')
  expect(lines.at(-1)).toMatch(/^2 of 5 made/)
})

test('reports at once that it is about to stop', async () => {
  const screen = new Screen(100, 24)
  using drawing = reporterOn(screen)
  drawing.reporter.stopping()
  expect((await screen.lines()).at(-1)).toMatch(/^stopping/)
})
