import { expect, test } from 'vitest'
import type { PlanReason } from '../../src/model/run/plan-reason.js'
import { reasonText } from '../../src/plan/reason-text.js'
import { pastReason } from '../../src/report/html/report-page.js'
import { digestOf } from './recorded-run.js'

/** One reason of every kind: the compiler refuses a list that lacks one. */
const REASONS: Readonly<Record<PlanReason['kind'], PlanReason>> = {
  present: { kind: 'present' },
  unneeded: { kind: 'unneeded' },
  waiting: { kind: 'waiting', after: ['app base'] },
  absent: { kind: 'absent' },
  deleted: { kind: 'deleted' },
  'new-platform': { kind: 'new-platform' },
  'base-moved': { kind: 'base-moved', from: digestOf('a') },
  'context-changed': { kind: 'context-changed', paths: [] },
  'dockerfile-changed': { kind: 'dockerfile-changed', line: 1 },
  'arg-changed': { kind: 'arg-changed', name: 'A', change: 'added' },
  'label-changed': { kind: 'label-changed', name: 'a', change: 'removed' },
  'args-removed': { kind: 'args-removed', count: 1 },
  'key-secret-changed': { kind: 'key-secret-changed', change: 'changed' },
  'image-moved': { kind: 'image-moved', name: 'a', change: 'added' },
  'setting-changed': { kind: 'setting-changed', name: 'target' },
  unrecorded: { kind: 'unrecorded' },
  unnamed: { kind: 'unnamed' },
  'content-changed': { kind: 'content-changed' },
  unpinned: { kind: 'unpinned', sources: ['https://example.com/x'] },
  untested: { kind: 'untested' },
  unversioned: { kind: 'unversioned' },
  'tests-skipped': { kind: 'tests-skipped' },
  forced: { kind: 'forced' },
}

test.each(Object.values(REASONS))('a finished node has no reason of the present: $kind', (reason) => {
  const text = pastReason(reasonText([reason]))
  expect(text).not.toMatch(/\b(has|are|does|differ|yet|runs)\b|\bis (?!run\b)/)
  expect(text.length).toBeGreaterThan(5)
})
