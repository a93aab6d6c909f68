import { expect, test } from 'vitest'
import { ERROR_CODES } from '../../packages/core/src/model/errors.js'
import { ADVICE } from '../../packages/core/src/report/advice.js'
import { MEANING } from '../../packages/core/src/report/meaning.js'
import { readText } from './repository.js'

const ROW = /^\| <a id="([a-z_]+)"><\/a>`([A-Z_]+)` \| (.+) \| (.+) \|$/gm
const rows = [...readText('docs/errors.md').matchAll(ROW)].map(([, anchor, code = '', meaning, advice]) => ({
  anchor,
  code,
  meaning,
  advice,
}))

test('docs/errors.md has a line for every error code, and for nothing else', () => {
  expect(rows.map(({ code }) => code).sort()).toEqual([...ERROR_CODES].sort())
})

test('every line can be linked to, by what errors report', () => {
  expect(rows.filter(({ anchor, code }) => anchor !== code.toLowerCase())).toEqual([])
})

test('docs/errors.md and the program report the same', () => {
  const said = (column: 'meaning' | 'advice') =>
    Object.fromEntries(rows.map((row) => [row.code, (row[column] ?? '').replaceAll('`', '')]))
  expect(said('advice')).toEqual(ADVICE)
  expect(said('meaning')).toEqual(MEANING)
})
