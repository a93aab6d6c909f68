import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Digest } from '../../packages/core/src/model/digest.js'
import type { Platform } from '../../packages/core/src/model/platform.js'
import { PLAN_ACTIONS, type Plan, type PlanAction, type TagPlan } from '../../packages/core/src/model/run/plan.js'
import { PLAN_REASON_KINDS, type PlanReason } from '../../packages/core/src/model/run/plan-reason.js'
import { reasonText } from '../../packages/core/src/plan/reason-text.js'
import { ACTION_LABELS, tagActionLabel } from '../../packages/core/src/report/event-text.js'
import { formatPlan } from '../../packages/core/src/report/text/plan-text.js'

const page = readFileSync(new URL('../../docs/plan.md', import.meta.url), 'utf8')

function sectionUnder(heading: string): string {
  return page.split(/^## /m).find((part) => part.startsWith(heading)) ?? ''
}

/** The first two cells of the lines of a table under a heading, without its head. */
function tableUnder(heading: string): ReadonlyMap<string, string> {
  const lines = [...sectionUnder(heading).matchAll(/^\| `([a-z-]+)` \| ([^|]+) \|/gm)]
  return new Map(lines.slice(1).map(([, word = '', printed = '']) => [word, printed]))
}

test('docs/plan.md has a line for each action, with the word that the text has for it', () => {
  const actions = tableUnder('Actions')
  expect([...actions.keys()].toSorted()).toEqual(PLAN_ACTIONS.toSorted())
  const printed = PLAN_ACTIONS.map((action) => [action, `\`${ACTION_LABELS[action]}\``])
  expect(Object.fromEntries(actions)).toEqual(Object.fromEntries(printed))
})

const DIGEST = `sha256:${'a'.repeat(64)}` as Digest

/** A reason of every kind, with the placeholders of the page. */
const REASONS: Readonly<Record<PlanReason['kind'], PlanReason>> = {
  present: { kind: 'present' },
  unneeded: { kind: 'unneeded' },
  waiting: { kind: 'waiting', after: ['NODE'] },
  absent: { kind: 'absent' },
  deleted: { kind: 'deleted' },
  'new-platform': { kind: 'new-platform' },
  'base-moved': { kind: 'base-moved', from: DIGEST, to: DIGEST },
  'context-changed': { kind: 'context-changed', paths: [{ path: 'FILE', change: 'changed' }], changed: 1, removed: 0 },
  'dockerfile-changed': { kind: 'dockerfile-changed', line: 3 },
  'arg-changed': { kind: 'arg-changed', name: 'NAME', change: 'changed' },
  'label-changed': { kind: 'label-changed', name: 'NAME', change: 'changed' },
  'args-removed': { kind: 'args-removed', count: 2 },
  'key-secret-changed': { kind: 'key-secret-changed', change: 'changed' },
  'image-moved': { kind: 'image-moved', name: 'NAME', change: 'changed', from: DIGEST, to: DIGEST },
  'setting-changed': { kind: 'setting-changed', name: 'NAME' },
  unrecorded: { kind: 'unrecorded' },
  unnamed: { kind: 'unnamed' },
  'content-changed': { kind: 'content-changed' },
  unpinned: { kind: 'unpinned', sources: ['URL'] },
  untested: { kind: 'untested' },
  unversioned: { kind: 'unversioned' },
  'tests-skipped': { kind: 'tests-skipped' },
  forced: { kind: 'forced' },
}

test('docs/plan.md has a line for each reason, with its text', () => {
  const reasons = tableUnder('Reasons')
  expect([...reasons.keys()].toSorted()).toEqual(PLAN_REASON_KINDS.toSorted())
  const printed = Object.entries(REASONS).map(([kind, reason]) => [
    kind,
    reasonText([reason]).replaceAll(/sha256:a+/g, 'DIGEST'),
  ])
  expect(Object.fromEntries(reasons)).toEqual(Object.fromEntries(printed))
})

const AMD64: Platform = { os: 'linux', architecture: 'amd64' }
const ARM: Platform = { os: 'linux', architecture: 'arm', variant: 'v7' }

const digestOf = (digits: string) => `sha256:${digits.padEnd(64, '0')}` as Digest
const node = (name: string, action: PlanAction, more: Partial<Plan['nodes'][number]>) => ({
  ...{ node: `app ${name}`, pipeline: 'app', kind: 'base' as const, action, why: [], reason: '', needs: [] },
  ...more,
})
const because = (reason: PlanReason) => ({ why: [reason], reason: reasonText([reason]) })
const onBase = { kind: 'image', needs: ['app base index'] } as const

/** The plan that the page shows. */
const EXAMPLE: Plan = {
  version: 1,
  nodes: [
    node('base(linux/amd64)', 'reuse', { digest: digestOf('6b2a9c71d04e'), ...because({ kind: 'present' }) }),
    node('base(linux/arm/v7)', 'copy', { digest: digestOf('c1f08d3a5e72'), ...because({ kind: 'absent' }) }),
    node('base index', 'create', { digest: digestOf('90de417fb3a8'), ...because({ kind: 'content-changed' }) }),
    node('image(linux/amd64)', 'rebuild', {
      ...{ ...onBase, platform: AMD64, execution: 'native' },
      ...because({ kind: 'dockerfile-changed', line: 3 }),
    }),
    node('image(linux/arm/v7)', 'create', {
      ...{ ...onBase, platform: ARM, execution: 'emulated' },
      ...because({ kind: 'new-platform' }),
    }),
    node('index', 'known-after', {
      kind: 'index',
      ...because({ kind: 'waiting', after: ['app image(linux/amd64)', 'app image(linux/arm/v7)'] }),
    }),
  ],
  tags: [
    { reference: 'ghcr.io/team/app:1.1', node: 'app index', action: 'known-after' },
    { reference: 'ghcr.io/team/app:latest', node: 'app index', action: 'known-after', from: digestOf('5ad7e3c0f916') },
  ],
  errors: [],
  notes: [],
}

test('docs/plan.md shows the text of a plan as it is printed', () => {
  expect(sectionUnder('The text')).toContain(`\`\`\`text\n${formatPlan(EXAMPLE)}\`\`\`\n`)
})

test('docs/plan.md explains every word that a plan prints beside actions and reasons', () => {
  const explained = sectionUnder('The text')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(' | ')[0])
    .join('\n')
  const tagActions: readonly TagPlan['action'][] = ['keep', 'create', 'move', 'known-after']
  const error = { code: 'ENGINE_UNREACHABLE', message: 'no', hint: 'start' } as const
  const plan: Plan = {
    version: 1,
    nodes: [{ ...node('', 'create', { ...onBase, execution: 'native', engine: 'a' }), node: '', needs: ['n'] }],
    tags: tagActions.map((action) => ({ reference: '', node: 'n', action })),
    signatures: (['sign', 'keep', 'known-after'] as const).map((action) => ({ node: '', repository: '', action })),
    engines: [
      { engine: 'a', error },
      { engine: 'b', error },
    ],
    errors: [error],
    notes: ['a note'],
  }
  const text = formatPlan(plan)
  const words = [
    ...tagActions.map((action) => `tag ${tagActionLabel({ action })}`),
    'sign',
    'keep signature',
    'builder',
  ]
  for (const word of [...words, 'note:', 'error:', 'hint:', 'nothing ->', 'known after', 'native']) {
    expect(text).toContain(word)
    expect(explained).toContain(word)
  }
})
