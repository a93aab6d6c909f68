import ts from 'typescript'
import { expect, test, vi } from 'vitest'
import { repositoryFiles, SOURCES } from '../house/repository.js'
import { parse, place, walk } from '../house/syntax.js'

// The pure backend runs in this process; the others start Java, a program or a thread per call.
vi.stubEnv('RECHECK_SYNC_BACKEND', 'pure')
const { checkSync } = await import('recheck')

/** Timeout for one expression in milliseconds. After it, recheck reports the status `unknown`. */
const TIMEOUT = 1000

function isSlow(literal: ts.Node): boolean {
  const text = literal.getText()
  // Without repetition, backtracking is bounded.
  if (!/[*+]|,\}/.test(text)) return false
  const end = text.lastIndexOf('/')
  return checkSync(text.slice(1, end), text.slice(end + 1), { timeout: TIMEOUT }).status === 'vulnerable'
}

test('no regular expression takes more than linear time', { timeout: 300_000 }, () => {
  const literals = repositoryFiles(SOURCES)
    .map(parse)
    .flatMap((file) => [...walk(file)].filter(ts.isRegularExpressionLiteral))
  expect(literals.length).toBeGreaterThan(100)
  expect(literals.filter(isSlow).map((literal) => `${place(literal)} ${literal.getText()}`)).toEqual([])
})

test('isSlow detects an expression that takes quadratic time', () => {
  const [literal] = [...walk(ts.createSourceFile('x.ts', 'x = /a+$/', ts.ScriptTarget.ES2023, true))].filter(
    ts.isRegularExpressionLiteral,
  )
  expect(literal && isSlow(literal)).toBe(true)
})
