import { expect, test } from 'vitest'
import type { RunEvent, WorkEvent } from '../../packages/core/src/model/run/events.js'
import { readText } from '../house/repository.js'

/** Every kind of event; the compiler sees to it that none is missing. */
const RUN_EVENTS = {
  planned: true,
  'node-started': true,
  'node-reassigned': true,
  'builder-joined': true,
  'builder-left': true,
  'node-reused': true,
  'node-finished': true,
  'node-failed': true,
  'node-skipped': true,
  work: true,
  'read-back': true,
  'tag-moved': true,
  'tag-kept': true,
  'tag-not-moved': true,
  signed: true,
  'signature-kept': true,
  loaded: true,
  'output-written': true,
  'run-finished': true,
} satisfies Record<RunEvent['kind'], true>

const WORK_EVENTS = {
  'build-step': true,
  'build-log': true,
  'build-warning': true,
  'engine-transfer': true,
  transfer: true,
  'registry-retry': true,
  'rootfs-progress': true,
  'code-checked': true,
  layers: true,
  note: true,
} satisfies Record<WorkEvent['kind'], true>

test('docs/progress.md has a line for every kind of event, and for nothing else', () => {
  const [, events = '', inside = ''] = readText('docs/progress.md').split(/^\| `kind` \|.*$/m)
  const kinds = (text: string) => [...text.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, kind]) => kind)
  expect(kinds(events)).toEqual(Object.keys(RUN_EVENTS))
  expect(kinds(inside)).toEqual(Object.keys(WORK_EVENTS))
})
