import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../packages/core/src/model/limits.js'
import { readText, repositoryFiles, SOURCES } from './repository.js'

const LIMITS_FILE = 'packages/core/src/model/limits.ts'

const files = repositoryFiles(SOURCES).map((path) => ({ path, text: readText(path) }))

/** Files that parse JSON without a bound of its depth: of checked bytes, or of what polyarch has signed or written. */
const PARSED_BEFORE: readonly string[] = [
  'packages/core/src/context/files/stat-cache.ts',
  'packages/core/src/dockerfile/syntax/words.ts',
  'packages/core/src/model/json.ts',
  'packages/core/src/operations/images/assembly-source.ts',
  'packages/core/src/operations/images/inspect.ts',
  'packages/core/src/registry-server/auth/token-service.ts',
  'packages/core/src/registry-server/http/discovery-routes.ts',
  'packages/core/src/testing/plugin-contract.ts',
]

describe('foreign data', () => {
  test('is parsed as JSON by parseJson, which bounds its depth', () => {
    const found = files.filter(({ text }) => text.includes('JSON.parse(')).map(({ path }) => path)
    expect(found).toEqual(PARSED_BEFORE)
  })

  test('is not cast if it is parsed', () => {
    const casts = files.filter(({ text }) => /parseJson\([^\n]*\) as (?!unknown)/.test(text)).map(({ path }) => path)
    expect(casts).toEqual([])
  })

  test('has bounds in one file, each of which is used', () => {
    const others = files.filter(({ path }) => path !== LIMITS_FILE)
    const unused = Object.keys(LIMITS).filter((name) => !others.some(({ text }) => text.includes(`LIMITS.${name}`)))
    expect(unused).toEqual([])
    expect(others.filter(({ text }) => /maxBuffer: (?!LIMITS)/.test(text)).map(({ path }) => path)).toEqual([])
  })
})
