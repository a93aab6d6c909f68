import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseChallenges } from '../../src/registry/http/challenge.js'

const token = fc.stringMatching(/^[a-z][a-z0-9!#$%&'*+.^_`|~-]{0,12}$/)
const value = fc.string({ maxLength: 40 }).filter((text) => !/[\r\n]/.test(text))
const parameters = fc.dictionary(token, value, { maxKeys: 4 })
const challenges = fc.array(fc.record({ scheme: token, parameters }), { minLength: 1, maxLength: 4 })

/** As a careful server writes it: every value quoted. */
function format(
  list: readonly { readonly scheme: string; readonly parameters: Readonly<Record<string, string>> }[],
): string {
  return list
    .map(({ scheme, parameters }) => {
      const quoted = Object.entries(parameters).map(([name, text]) => `${name}="${text.replace(/["\\]/g, '\\$&')}"`)
      return `${scheme} ${quoted.join(', ')}`.trim()
    })
    .join(', ')
}

describe('parseChallenges', () => {
  test('reads back what was written', () => {
    fc.assert(
      fc.property(challenges, (list) => {
        const read = parseChallenges(format(list))
        const plain = read.map(({ scheme, parameters }) => ({ scheme, parameters: Object.fromEntries(parameters) }))
        expect(plain).toEqual(list.map(({ scheme, parameters }) => ({ scheme, parameters: { ...parameters } })))
      }),
    )
  })

  test('parses any text without an error, and returns only schemes that it contains', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        for (const { scheme } of parseChallenges(text)) expect(text.toLowerCase()).toContain(scheme)
      }),
    )
  })

  test.each([
    ['', []],
    ['Basic realm="registry.example.com"', [['basic', { realm: 'registry.example.com' }]]],
    [
      'Bearer realm="https://auth.example.com/token",service="registry.example.com",scope="repository:a/b:pull,push"',
      [
        [
          'bearer',
          {
            realm: 'https://auth.example.com/token',
            service: 'registry.example.com',
            scope: 'repository:a/b:pull,push',
          },
        ],
      ],
    ],
    [
      'BEARER REALM=https://auth.example.com/token,Service=x',
      [['bearer', { realm: 'https://auth.example.com/token', service: 'x' }]],
    ],
    [
      'Negotiate, Basic realm="a, b"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'a, b' }],
      ],
    ],
    [
      'Negotiate YII=, Bearer realm="r"',
      [
        ['negotiate', {}],
        ['bearer', { realm: 'r' }],
      ],
    ],
    ['Basic realm="with \\"quotes\\""', [['basic', { realm: 'with "quotes"' }]]],
    ['Bearer realm="r",error="insufficient_scope"', [['bearer', { realm: 'r', error: 'insufficient_scope' }]]],
    ['Basic realm="never closed', [['basic', {}]]],
  ])('%s', (header, expected) => {
    const read = parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])
    expect(read).toEqual(expected)
  })
})
