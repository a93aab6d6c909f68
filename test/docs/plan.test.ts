import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PLAN_ACTIONS } from '../../packages/core/src/model/run/plan.js'
import { PLAN_REASON_KINDS } from '../../packages/core/src/model/run/plan-reason.js'

const page = readFileSync(new URL('../../docs/plan.md', import.meta.url), 'utf8')

/** The first words of the lines of a table under a heading, without its head. */
function tableUnder(heading: string): readonly string[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(heading)) ?? ''
  return [...section.matchAll(/^\| `([a-z-]+)` \| \S/gm)].map(([, word = '']) => word).slice(1)
}

test('docs/plan.md has a line for each action, and no others', () => {
  expect(tableUnder('Actions').toSorted()).toEqual(PLAN_ACTIONS.toSorted())
})

test('docs/plan.md has a line for each reason, and no others', () => {
  const kinds = tableUnder('Reasons')
  expect(kinds.toSorted()).toEqual(PLAN_REASON_KINDS.toSorted())
})
