import { expect, it } from 'vitest'
import type { RunEvent } from '../../src/model/run/events.js'
import { pictureOf } from '../../src/report/graph/picture.js'
import { formatReportPage } from '../../src/report/html/report-page.js'
import { plainReporter } from '../../src/report/plain.js'
import { advance, initialState } from '../../src/report/progress/progress-state.js'
import { RunRecorder } from '../../src/report/record/run-record.js'
import { reportOf } from '../../src/report/report.js'
import { formatReport } from '../../src/report/text/report-text.js'
import { AMD64, digestOf, nodePlan, PLAN, START } from './recorded-run.js'

const [image, first, second, index] = [
  'image(linux/amd64)',
  'test(linux/amd64: one)',
  'test(linux/amd64: two)',
  'index',
].map((name) => `app ${name}`) as [string, string, string, string]
const reference = `reg.example/app@${digestOf('c')}`
const plan = {
  ...PLAN,
  notes: [],
  nodes: [
    nodePlan(image, 'image', 'reuse', { platform: AMD64 }),
    nodePlan(first, 'test', 'run', { platform: AMD64, test: 'one', needs: [image] }),
    nodePlan(second, 'test', 'reuse', { platform: AMD64, test: 'two', needs: [image] }),
    nodePlan(index, 'index', 'reuse', { needs: [image, first, second] }),
  ],
}
const done = (kind: 'node-reused' | 'node-finished', node: string, at = START): RunEvent => ({
  ...{ kind, at, node, digest: digestOf('c'), reference },
})
const EVENTS: readonly RunEvent[] = [
  { kind: 'planned', at: START, plan },
  done('node-reused', image),
  done('node-reused', second),
  { kind: 'node-started', at: START, node: first },
  done('node-finished', first, START + 1500),
  done('node-reused', index),
  { kind: 'read-back', at: START + 2000, node: index, reference, images: 1, bytes: 2_000_000 },
  { kind: 'run-finished', at: START + 3000, outcome: 'succeeded' },
]

it('reports tests that passed in this run or an earlier one, in text and on the page', async () => {
  const report = reportOf(EVENTS)
  expect(report.nodes.map(({ test }) => test)).toEqual([undefined, 'one', 'two', undefined])
  const text = formatReport(report)
  expect(text).toMatch(/^app +test\(linux\/amd64: one\) +passed in 1\.5 s /m)
  expect(text).toMatch(/^app +test\(linux\/amd64: two\) +passed before /m)
  expect(text).toContain('app index: read back 1 image, 2.0 MB\n')
  const recorder = new RunRecorder()
  for (const event of EVENTS) recorder.add(event)
  const page = await formatReportPage(recorder.record())
  expect(page).toMatch(/test\(linux\/amd64: two\)<\/th><td><span class="state ">passed before</)
  expect(page).toContain('read back 1 image, 2.0 MB')
})

it('shows them in the lines and in the live view', () => {
  const lines: string[] = []
  using reporter = plainReporter({ write: (line) => lines.push(line), verbose: false })
  const state = initialState(START)
  for (const event of EVENTS) {
    reporter.report(event)
    advance(state, event)
  }
  expect(lines).toContain('app index: read back 1 image, 2.0 MB\n')
  expect(state.finished.map(({ outcome, text }) => `${outcome} ${text}`)).toEqual([
    'passed app test(linux/amd64: one)',
    'verified app index: read back 1 image, 2.0 MB',
  ])
})

it('draws them between the image and its index', () => {
  const { nodes, edges } = pictureOf(plan)
  expect(nodes.find(({ id }) => id === first)).toMatchObject({
    kind: 'test',
    label: 'test linux/amd64 one',
    word: 'run',
  })
  expect(edges).toContainEqual({ from: image, to: first })
  expect(edges).toContainEqual({ from: first, to: index })
  expect(edges).not.toContainEqual({ from: image, to: index })
})
