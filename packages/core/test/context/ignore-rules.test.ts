import { expect, test } from 'vitest'
import { PatternError, readPattern } from '../../src/context/patterns/ignore-pattern.js'
import { createIgnoreRules, type IgnoreVerdict } from '../../src/context/patterns/ignore-rules.js'

/** What the rules say of a path, directory by directory as a walk does. */
function evaluate(lines: readonly string[], path: string): IgnoreVerdict {
  const rules = createIgnoreRules(lines.flatMap((line) => readPattern(line) ?? []))
  const parts = path.split('/')
  let verdict: IgnoreVerdict | undefined
  for (const [at] of parts.entries()) verdict = rules.evaluate(parts.slice(0, at + 1).join('/'), verdict)
  if (verdict === undefined) throw new Error('a path has parts')
  return verdict
}

// The answers are those of docker 28.2 and of BuildKit's frontend.
test.each([
  ['x', 'x', true],
  ['x', 'y/x', false],
  ['x', 'x/y/z', true],
  ['/x', 'x', true],
  ['./x/../y/', 'y/z', true],
  ['*', 'a', true],
  ['*.log', 'd/a.log', false],
  ['**/*.log', 'a.log', true],
  ['**/*.log', 'd/e/a.log', true],
  ['a/**', 'a', false],
  ['a/**', 'a/b/c', true],
  ['**/a/b', 'x/a/b', true],
  ['a/**/b', 'a/b', true],
  ['a/**/b', 'a/x/y/b', true],
  ['a**b', 'ab', true],
  ['**foo', 'x/afoo', true],
  ['**foo?', 'x/afoob', false],
  ['**foo?', 'x/foob', true],
  ['a-b*', 'a-bc', true],
  ['[a-]x', '-x', true],
  ['[!a]x', 'ax', true],
  ['?', 'ü', true],
  ['??', '🐳', false],
  ['[a-c]x', 'bx', true],
  ['[^a-c]x', 'bx', false],
  ['[^a-c]x', 'dx', true],
  ['a\\*b', 'a*b', true],
  ['a\\*b', 'axb', false],
  ['[\\]]', ']', true],
  ['a.b', 'axb', false],
  ['(a|b)+$', '(a|b)+$', true],
  ['  x  ', 'x', true],
  ['# x', '# x', false],
  ['\\# x', '# x', true],
  ['..', 'x', false],
  ['.', 'x', false],
])('%s: %s is omitted: %s', (rule, path, isIgnored) => {
  expect(evaluate([rule], path).isIgnored).toBe(isIgnored)
})

test.each([
  [['x', '!x/y/z.txt', 'x/y'], 'x/y/z.txt', false],
  [['x', '!x/y', 'x/y/z.txt'], 'x/y/z.txt', true],
  [['x', '!x/y'], 'x/y/z.txt', false],
  [['!x/y/z.txt', 'x'], 'x/y/z.txt', true],
  [['x/y', '!x', 'x/y/*.txt'], 'x/y/z.txt', true],
  [['**', '!**/*.ts'], 'src/a.ts', false],
  [['**', '!**/*.ts'], 'src/a.js', true],
])('%j: %s is omitted: %s', (rules, path, isIgnored) => {
  expect(evaluate(rules, path).isIgnored).toBe(isIgnored)
})

test.each([
  [['d'], 'd', true],
  [['d', '!e/keep'], 'd', true],
  [['d', '!d/keep/**'], 'd', false],
  [['d', '!d/keep'], 'd/other', true],
  [['d', '!**/keep'], 'd', false],
  [['e'], 'd', false],
])('%j: nothing in %s has to be looked at: %s', (rules, path, isClosed) => {
  expect(evaluate(rules, path).isClosed).toBe(isClosed)
})

// docker refuses them, too.
test.each(['!', '[a', 'a\\', '[z-a]', 'a[]b', '[]a]'])('refuses %s', (line) => {
  expect(() => readPattern(line)).toThrow(PatternError)
})

test('tries each rule at most once for each path, however deep it lies and however many there are', () => {
  const counted = (directories: number) => {
    let tries = 0
    const patterns = ['**/*.log', '!**/keep.log', 'd/*/tmp'].flatMap((line) => {
      const pattern = readPattern(line)
      if (pattern === undefined) return []
      const matches = (path: string) => {
        tries += 1
        return pattern.matches(path)
      }
      return [{ ...pattern, matches }]
    })
    const rules = createIgnoreRules(patterns)
    let paths = 0
    let parent: IgnoreVerdict | undefined
    let directory = 'd'
    for (let depth = 0; depth < directories; depth++) {
      parent = rules.evaluate(directory, parent)
      for (const name of ['a.log', 'keep.log', 'b']) rules.evaluate(`${directory}/${name}`, parent)
      paths += 4
      directory += '/d'
    }
    return { tries, perPath: tries / paths }
  }
  const few = counted(10)
  const many = counted(1000)
  expect(many.perPath).toBeLessThanOrEqual(3)
  expect(many.tries).toBe(few.tries * 100)
})
