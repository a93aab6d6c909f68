import { expect, it } from 'vitest'
import type { RunEvent } from '../../src/model/run/events.js'
import { formatJunit } from '../../src/report/junit.js'
import { RunRecorder } from '../../src/report/record/run-record.js'
import { AMD64, ARM, digestOf, nodePlan, PLAN, START } from './recorded-run.js'

const testPlan = (name: string, platform = AMD64) =>
  nodePlan(`app test(${name})`, 'test', 'run', { platform, test: name, reason: 'the image has not passed it yet' })

function junitOf(events: readonly RunEvent[]): string {
  const recorder = new RunRecorder()
  for (const event of events) recorder.add(event)
  return formatJunit(recorder.record())
}

it('has a suite per platform, and a case with result, time and message per test', () => {
  const nodes = [
    testPlan('passes'),
    testPlan('passed before'),
    testPlan('fails "<&>" \u0007', ARM),
    testPlan('never runs', ARM),
    nodePlan('app image(linux/arm64)', 'image', 'create', { platform: { os: 'linux', architecture: 'arm64' } }),
  ]
  const error = (code: 'TEST_FAILED' | 'BUILD_FAILED', message: string) => ({ code, message })
  const xml = junitOf([
    { kind: 'planned', at: START, plan: { ...PLAN, nodes } },
    { kind: 'node-reused', at: START, node: 'app test(passed before)', digest: digestOf('a'), reference: 'x' },
    { kind: 'node-started', at: START, node: 'app test(passes)' },
    { kind: 'node-finished', at: START + 1500, node: 'app test(passes)', digest: digestOf('a'), reference: 'x' },
    {
      kind: 'node-failed',
      at: START + 2000,
      node: 'app test(fails "<&>" \u0007)',
      error: error('TEST_FAILED', 'exit code 1, not 0\n  | \u001b[31m<bad>'),
    },
    { kind: 'node-failed', at: START + 3000, node: 'app image(linux/arm64)', error: error('BUILD_FAILED', 'no') },
    { kind: 'run-finished', at: START + 4000, outcome: 'failed' },
  ])
  expect(xml).toContain('<testsuites name="polyarch" tests="5" failures="1" errors="1" skipped="1" time="1.500">')
  expect(xml).toContain('<testsuite name="app linux/amd64" tests="2" failures="0" errors="0" skipped="0"')
  expect(xml).toContain('<testcase name="passes" classname="app.linux/amd64" time="1.500"/>')
  expect(xml).toContain('<system-out>passed in an earlier run, on the same image</system-out>')
  expect(xml).toContain('<testcase name="fails &quot;&lt;&amp;&gt;&quot; " classname="app.linux/arm/v7">')
  expect(xml).toContain(
    '<failure message="exit code 1, not 0" type="TEST_FAILED">exit code 1, not 0\n  | &lt;bad&gt;</failure>',
  )
  expect(xml).toContain('<skipped message="the image has not passed it yet"/>')
  expect(xml).toContain('<error message="no" type="BUILD_FAILED">no</error>')
})

it('is valid for a run without tests', () => {
  expect(junitOf([])).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="polyarch" tests="0" failures="0" errors="0" skipped="0" time="0.000"/>\n',
  )
})
