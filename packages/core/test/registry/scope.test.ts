import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { coversScopes, parseScopes, repositoryScope, uniteScopes } from '../../src/registry/auth/scope.js'

describe('scopes', () => {
  const scopes = fc.array(
    fc
      .tuple(fc.constantFrom('a', 'a/b', 'b'), fc.subarray(['pull', 'push', 'delete'] as const, { minLength: 1 }))
      .map(([path, actions]) => repositoryScope(path, ...actions)),
    { maxLength: 4 },
  )

  test('a token covers each part of its scope', () => {
    fc.assert(
      fc.property(scopes, scopes, (held, more) => {
        expect(coversScopes(uniteScopes(held, more), held)).toBe(true)
        expect(parseScopes(held.join(' '))).toEqual(held)
      }),
    )
  })

  test.each([
    [['repository:a:pull,push'], ['repository:a:pull'], true],
    [['repository:a:pull'], ['repository:a:pull,push'], false],
    [['repository:a:pull'], ['repository:a/b:pull'], false],
    [['repository:a:pull,push', 'repository:b:pull'], ['repository:b:pull', 'repository:a:push'], true],
    [['repository:a:pull'], [], true],
  ])('%j covers %j: %s', (held, wanted, covered) => {
    expect(coversScopes(held, wanted)).toBe(covered)
  })
})
