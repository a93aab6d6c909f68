import { expect, it } from 'vitest'
import type { RunEvent } from '../../src/model/run/events.js'
import { formatReportPage } from '../../src/report/html/report-page.js'
import { RunRecorder } from '../../src/report/record/run-record.js'
import { reportOf } from '../../src/report/report.js'
import { formatReport } from '../../src/report/text/report-text.js'
import { AMD64, ARM, digestOf, nodePlan, PLAN, START } from './recorded-run.js'

const image = 'app image(linux/amd64)'
const plan = {
  ...PLAN,
  tags: [],
  notes: [],
  nodes: [
    nodePlan(image, 'image', 'reuse', { platform: AMD64 }),
    nodePlan('app image(linux/arm/v7)', 'image', 'reuse', { platform: ARM }),
    nodePlan('app test(linux/amd64: one)', 'test', 'run', { platform: AMD64, test: 'one' }),
    nodePlan('app test(linux/amd64: two)', 'test', 'reuse', { platform: AMD64, test: 'two' }),
    nodePlan('app test(linux/arm/v7: one)', 'test', 'run', { platform: ARM, test: 'one' }),
    nodePlan('app index', 'index', 'reuse'),
    nodePlan('other index', 'index', 'reuse'),
  ],
}
const ended = { at: START, digest: digestOf('c') }
const referenceOf = (node: string) => `reg.example/app@${digestOf(node === image ? 'a' : 'c')}`
const reused = (node: string, attested?: object): RunEvent => ({
  ...{ kind: 'node-reused', ...ended, node, reference: referenceOf(node), ...(attested && { attested }) },
})
const EVENTS: readonly RunEvent[] = [
  { kind: 'planned', at: START, plan },
  reused(image, { provenance: 'max', sbom: 'spdx' }),
  reused('app image(linux/arm/v7)'),
  reused('app test(linux/amd64: one)'),
  reused('app test(linux/amd64: two)'),
  {
    kind: 'node-failed',
    at: START,
    node: 'app test(linux/arm/v7: one)',
    error: { code: 'TEST_FAILED', message: 'it failed' },
  },
  reused('app index', { provenance: true }),
  { kind: 'signature-kept', at: START, reference: referenceOf(image) },
  { kind: 'signed', at: START, reference: referenceOf('app index') },
  { kind: 'run-finished', at: START, outcome: 'incomplete' },
]

it('has the signature, provenance, SBOM and tests of each image, and omits an index without any', () => {
  const { attestations } = reportOf(EVENTS)
  expect(attestations).toEqual([
    {
      ...{ node: image, pipeline: 'app', kind: 'image', platform: AMD64, reference: referenceOf(image) },
      ...{ signature: 'kept', provenance: 'max', sbom: 'spdx', tests: { passed: 2, failed: 0, notRun: 0 } },
    },
    expect.objectContaining({ platform: ARM, signature: 'signed', tests: { passed: 0, failed: 1, notRun: 0 } }),
    expect.objectContaining({ node: 'app index', signature: 'signed', provenance: true }),
  ])
})

it('is a table in the text and in the page', async () => {
  expect(formatReport(reportOf(EVENTS))).toContain(
    [
      'attested                 signature      provenance  SBOM  tests',
      'app image(linux/amd64)   signed before  max         spdx  2 passed',
      'app image(linux/arm/v7)  signed         none        none  1 failed',
      'app index                signed         yes         none  none',
    ].join('\n'),
  )
  const recorder = new RunRecorder()
  for (const event of EVENTS) recorder.add(event)
  const page = await formatReportPage(recorder.record())
  expect(page).toContain('<h2>Signatures, attestations and tests</h2>')
  expect(page).toContain('<td>signed before</td><td>max</td><td>spdx</td><td>2 passed</td>')
})
