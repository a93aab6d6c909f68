import { expect, test } from 'vitest'
import { ERROR_CODES } from '../../packages/core/src/model/errors.js'
import { readText } from './repository.js'

test('docs/errors.md has a line for every error code, and for nothing else', () => {
  const rows = [...readText('docs/errors.md').matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code)
  expect([...rows].sort()).toEqual([...ERROR_CODES].sort())
})
