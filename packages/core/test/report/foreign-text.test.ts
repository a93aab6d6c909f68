import { expect, test } from 'vitest'
import { digestOf } from '../../src/model/digest.js'
import { reportOf } from '../../src/report/report.js'
import { formatInspections } from '../../src/report/text/inspection-text.js'
import { formatPlan } from '../../src/report/text/plan-text.js'
import { formatReport } from '../../src/report/text/report-text.js'
import { WHOLE } from './recorded-run.js'

/** What clears the screen, names the window and hides what follows. */
const EVIL = '\u001b[2J\u001b]0;title\u0007\u001b[8m'
const CONTROL = /[^\P{Cc}\n]/u

test('text from an image is a cell of a table, and draws nothing', () => {
  const digest = digestOf('image')
  const image = {
    digest,
    declared: { os: `linux${EVIL}`, architecture: 'amd64' },
    config: { os: 'linux', architecture: `amd64\n${EVIL}` },
    base: { name: `base\n${EVIL}` },
    size: 1,
    layers: 1,
  }
  const manifest = { annotations: { name: EVIL } }
  const text = formatInspections([{ reference: 'r.example.com/app:1', digest, manifest, images: [image] }])
  expect(text).not.toMatch(CONTROL)
  expect(text.trimEnd().split('\n').at(-1)).toMatch(/^linux\/amd64 +linux\/amd64 +1 B +1 .* base$/)
})

test('nor does what a plan or a report quotes of others', () => {
  const planned = WHOLE.find((event) => event.kind === 'planned')
  if (planned === undefined) throw new Error('the run has a plan')
  const plan = {
    ...planned.plan,
    notes: [`note${EVIL}`],
    errors: [{ code: 'NOT_FOUND' as const, message: EVIL, hint: EVIL }],
  }
  expect(formatPlan(plan)).not.toMatch(CONTROL)
  const failed = {
    kind: 'node-failed' as const,
    at: 1,
    node: plan.nodes[0]?.node ?? '',
    error: { code: 'BUILD_FAILED' as const, message: `it failed\n  | ${EVIL}` },
  }
  const text = formatReport(reportOf([{ ...planned, plan }, failed]))
  expect(text).toContain('it failed')
  expect(text).not.toMatch(CONTROL)
})
