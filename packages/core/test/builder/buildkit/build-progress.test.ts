import { expect, test } from 'vitest'
import { BuildProgress } from '../../../src/builder/buildkit/build-progress.js'
import { type BuildStatus, buildStatus, type StatusVertex } from '../../../src/builder/buildkit/status.js'
import type { EngineEvent } from '../../../src/model/run/events.js'
import { RECORDED_STATUS } from './recorded-status.js'

const NOTHING: BuildStatus = { vertexes: [], statuses: [], logs: [], warnings: [] }
const LAYER = `sha256:${'a'.repeat(64)}`

function vertex(digest: string, changes: Partial<StatusVertex> = {}): StatusVertex {
  return { digest, name: `step ${digest}`, cached: false, started: null, completed: null, error: '', ...changes }
}

function follow(statuses: readonly Partial<BuildStatus>[], failure = '') {
  const events: EngineEvent[] = []
  const progress = new BuildProgress((event) => events.push(event))
  for (const status of statuses) progress.add({ ...NOTHING, ...status })
  progress.end()
  return { events, failedStep: progress.failedStep(failure) }
}

const at = (seconds: number, nanos = 0) => ({ seconds, nanos })

test('reports each change of a step once, however often it is repeated', () => {
  const started = vertex('a', { started: at(1) })
  const done = vertex('a', { started: at(1), completed: at(2) })
  const { events } = follow([
    { vertexes: [vertex('a')] },
    { vertexes: [started] },
    { vertexes: [done] },
    { vertexes: [done] },
  ])
  expect(events).toEqual([
    { kind: 'build-step', step: 'a', name: 'step a', status: 'started' },
    { kind: 'build-step', step: 'a', name: 'step a', status: 'done' },
  ])
})

test('reports a step that came from the cache as such', () => {
  const { events } = follow([{ vertexes: [vertex('a', { started: at(1), completed: at(1), cached: true })] }])
  expect(events.at(-1)).toMatchObject({ status: 'cached' })
})

test('reports output between the start and the end of its step, though all come in one message', () => {
  const log = { vertex: 'a', stream: 2, data: Buffer.from('oops\n') }
  const { events } = follow([{ vertexes: [vertex('a', { started: at(1), completed: at(2) })], logs: [log] }])
  expect(events.map((event) => (event.kind === 'build-step' ? event.status : event))).toEqual([
    'started',
    { kind: 'build-log', step: 'a', stream: 'stderr', text: 'oops\n' },
    'done',
  ])
})

test('joins characters split between chunks, per step and stream', () => {
  const [first = 0, ...rest] = Buffer.from('€')
  const log = (step: string, stream: number, bytes: readonly number[]) => ({
    logs: [{ vertex: step, stream, data: Uint8Array.from(bytes) }],
  })
  const { events } = follow([
    log('a', 1, [first]),
    log('a', 2, [first]),
    log('b', 1, [first]),
    log('a', 1, rest),
    log('b', 1, rest),
    log('a', 2, rest),
  ])
  expect(events.map((event) => event.kind === 'build-log' && `${event.step} ${event.stream} ${event.text}`)).toEqual([
    'a stdout €',
    'b stdout €',
    'a stderr €',
  ])
})

test('keeps all of many thousand lines in order, from several steps at once and in chunks of any size', () => {
  const steps = ['a', 'b', 'c']
  const texts = steps.map((step) => Array.from({ length: 20_000 }, (_, at) => `${step} ${at} – ü€🐳\n`).join(''))
  const bytes = texts.map((text) => Buffer.from(text))
  const logs: BuildStatus['logs'][number][] = []
  // Pieces of lengths that share no factor with those of lines or characters.
  for (let at = 0; bytes.some(({ length }) => at < length); at += 1013) {
    steps.forEach((step, index) => {
      const data = bytes[index]?.subarray(at, at + 1013) ?? Buffer.alloc(0)
      if (data.length > 0) logs.push({ vertex: step, stream: 1, data })
    })
  }
  const started = steps.map((step) => vertex(step, { started: at(1) }))
  const ended = steps.map((step) => vertex(step, { started: at(1), completed: at(2) }))
  const { events } = follow([{ vertexes: started }, ...logs.map((log) => ({ logs: [log] })), { vertexes: ended }])
  for (const [index, step] of steps.entries()) {
    const reported = events.flatMap((event) => (event.kind === 'build-log' && event.step === step ? [event.text] : []))
    expect(reported.join('') === texts[index]).toBe(true)
  }
  expect(events.filter(({ kind }) => kind === 'build-log').length).toBeLessThanOrEqual(logs.length)
})

test('does not lose output that ends in the middle of a character', () => {
  const { events } = follow([{ logs: [{ vertex: 'a', stream: 1, data: Buffer.from('ok€').subarray(0, 4) }] }])
  const text = events.map((event) => (event.kind === 'build-log' ? event.text : '')).join('')
  expect(text).toBe('ok\ufffd')
})

test('reports layers of a base that is pulled, and no progress of anything else', () => {
  const statuses = [
    { id: LAYER, vertex: 'a', name: 'downloading', current: 10, total: 100 },
    { id: `extracting ${LAYER}`, vertex: 'a', name: 'extract', current: 0, total: 0 },
    { id: LAYER, vertex: 'a', name: LAYER, current: 100, total: 100 },
    { id: 'transferring context:', vertex: 'b', name: 'transferring', current: 5, total: 0 },
  ]
  const pulled = { kind: 'engine-transfer', direction: 'pull', layer: LAYER }
  expect(follow([{ statuses }]).events).toEqual([
    { ...pulled, status: 'downloading', bytes: 10, total: 100 },
    { ...pulled, status: 'extract', bytes: 0 },
    { ...pulled, status: 'pulling', bytes: 100, total: 100 },
  ])
})

test('reports a warning with its line', () => {
  const ranges = [{ start: { line: 3 } }]
  const { events } = follow([{ warnings: [{ vertex: 'a', summary: Buffer.from('use JSON'), ranges }] }])
  expect(events).toEqual([{ kind: 'build-warning', message: 'use JSON', line: 3 }])
})

test('names the step that failed first, not those that were stopped because of it', () => {
  const stopped = vertex('b', { started: at(1), completed: at(5, 900), error: 'context canceled' })
  const failed = vertex('a', { started: at(1), completed: at(5, 100), error: 'exit code: 1' })
  const { failedStep } = follow([
    { logs: [{ vertex: 'a', stream: 1, data: Buffer.from('one\ntwo\n') }] },
    { vertexes: [stopped, failed] },
  ])
  expect(failedStep).toEqual({ name: 'step a', error: 'exit code: 1', log: ['one', 'two'] })
})

test('names the step that failed the build, not a failed step that the build tolerates', () => {
  const passed = vertex('cache', { started: at(1), completed: at(2), error: 'app:1: not found' })
  const failed = vertex('a', { started: at(3), completed: at(4), error: 'exit code: 1' })
  const { failedStep } = follow([{ vertexes: [passed] }, { vertexes: [failed] }], 'failed to solve: exit code: 1')
  expect(failedStep).toMatchObject({ name: 'step a', error: 'exit code: 1' })
})

test('reads a recorded response of an engine', () => {
  const { started, log, failed } = RECORDED_STATUS
  const { events, failedStep } = follow(
    [started, log, failed].map((text) => buildStatus.decode(Buffer.from(text, 'base64'))),
  )
  expect(events.map((event) => (event.kind === 'build-step' ? event.status : event.kind))).toEqual([
    'started',
    'build-log',
    'failed',
  ])
  expect(failedStep?.log).toEqual(['café 1'])
})
