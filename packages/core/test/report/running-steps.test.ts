import { describe, expect, test } from 'vitest'
import { RunningSteps } from '../../src/report/progress/running-steps.js'

const NODE = 'app image(linux/amd64)'
const step = (status: 'started' | 'done' | 'cached' | 'failed', name = 'RUN make') =>
  ({ kind: 'build-step', step: name, name, status }) as const
const log = (text: string) => ({ kind: 'build-log', step: 'RUN make', stream: 'stdout', text }) as const

describe('RunningSteps', () => {
  test('reports each step once when it starts, and with its duration when it ends', () => {
    const steps = new RunningSteps()
    expect(steps.add(NODE, step('started'), 1_000)).toBe('RUN make (started)')
    expect(steps.add(NODE, step('started'), 1_500)).toBeUndefined()
    expect(steps.add(NODE, step('done'), 3_500)).toBe('RUN make (done in 2.5 s)')
    expect(steps.add(NODE, step('started'), 4_000)).toBe('RUN make (started)')
    expect(steps.add(NODE, step('failed'), 64_000)).toBe('RUN make (failed in 1 min 0 s)')
  })

  test('omits the duration of a cached step and the start of an internal step', () => {
    const steps = new RunningSteps()
    expect(steps.add(NODE, step('cached'), 1_000)).toBe('RUN make (cached)')
    expect(steps.add(NODE, step('started', '[internal] load .dockerignore'), 1_000)).toBeUndefined()
    expect(steps.add(NODE, step('done', '[internal] load .dockerignore'), 1_020)).toBe(
      '[internal] load .dockerignore (done in 20 ms)',
    )
  })

  test('reports a long-running step every ten seconds, with the last line of its output', () => {
    const steps = new RunningSteps()
    steps.add(NODE, step('started'), 0)
    expect(steps.longRunning(9_999)).toEqual([])
    expect(steps.longRunning(10_000)).toEqual([{ node: NODE, text: 'RUN make (running for 10 s)' }])
    steps.add(NODE, log('cc a.c\n 10%\r 20%'), 11_000)
    steps.add(NODE, log('\r 30%\n\n'), 12_000)
    expect(steps.longRunning(19_000)).toEqual([])
    expect(steps.longRunning(75_000)).toEqual([{ node: NODE, text: 'RUN make (running for 1 min 15 s): 30%' }])
  })

  test('drops the steps of one node and keeps those of others', () => {
    const steps = new RunningSteps()
    steps.add(NODE, step('started'), 0)
    steps.add('other', step('started'), 0)
    steps.drop(NODE)
    expect(steps.longRunning(10_000)).toEqual([{ node: 'other', text: 'RUN make (running for 10 s)' }])
  })
})
