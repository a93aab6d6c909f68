import { expect, test } from 'vitest'
import { formatPruned } from '../../src/report/text/prune-text.js'

const tag = (why: string, outcome: 'listed' | 'deleted' | 'kept' | 'recent' = 'listed') => {
  return { reference: `r.example.com/app:${why}`, why, outcome }
}

test('before an image is deleted, it is reported what the registry does not show, with a hint', () => {
  const reported = formatPruned([tag('unlisted'), tag('unchecked')])
  expect(reported.split('\n').slice(2)).toEqual([
    '2 not needed; use --delete to delete them',
    'an index that is known by its digest alone is not seen: --keep <name>@<digest> keeps it, and what it lists',
    '',
  ])
})

test('it is not reported where no image goes, nor when all is done', () => {
  expect(formatPruned([tag('unchecked'), tag('unused-record')])).not.toContain('--keep')
  expect(formatPruned([tag('unlisted', 'deleted'), tag('unlisted', 'kept')])).toMatch(
    /\n1 deleted, 1 not deleted by the registry\n$/,
  )
  expect(formatPruned([])).toBe('no unneeded key tags\n')
})

test('counts what is kept as recent', () => {
  expect(formatPruned([tag('unlisted', 'recent')])).toMatch(/1 kept as recent; --older-than/)
})
