import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { codeOf } from '../src/import/code.js'

const WRITTEN = [
  `'`,
  `"`,
  `'"`,
  '\\',
  '\\"',
  "\\'",
  '\r',
  '\u2028',
  '\u202e',
  '\u009b',
  '\u{e0001}',
  '\ud800',
  '${x}',
  '`',
]
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom(...WRITTEN, 'a')).map((parts) => parts.join('')),
)

it('any text is a literal of one line that has this value', () => {
  fc.assert(
    fc.property(text, (value) => {
      const code = codeOf(value)
      expect(code).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
      expect(runInNewContext(code)).toBe(value)
    }),
  )
})

it('any text can be the name of a property, also that of the prototype', () => {
  fc.assert(
    fc.property(fc.oneof(text, fc.constant('__proto__')), (name) => {
      const value = Object.fromEntries([[name, 'x']])
      expect(Object.entries(runInNewContext(`(${codeOf(value)})`) as object)).toEqual([[name, 'x']])
    }),
  )
})
