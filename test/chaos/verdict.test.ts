import { describe, expect, it } from 'vitest'
import { RegistryError } from '../../packages/core/src/model/errors.js'
import type { RegistryState } from './checker.js'
import { type Operation, SaidHolds } from './operation.js'
import { judge } from './verdict.js'

const NAME = 'app:1.0'

/** A repository whose only tag holds a digest. */
function state(digest: string | undefined, missing: readonly string[] = []): RegistryState {
  const content = { mediaType: '', bytes: Buffer.alloc(0) }
  return { tags: new Map(digest === undefined ? [] : [[NAME, { ...content, digest }]]), missing }
}

const operation: Operation = {
  name: 'nothing',
  repositories: ['app'],
  requests: 0,
  seed: async () => {},
  act: async () => {},
  check: async () => [],
}

function verdictOf(after: RegistryState, error?: unknown, said = new SaidHolds('r.example.com')) {
  return judge({ operation, error, said, before: state('old'), clean: state('new'), after }).verdict
}

const failure = (states = '') => new RegistryError('REGISTRY_REJECTED', `it failed${states}`)

describe('the verdict on a run', () => {
  it.each([
    ['that did what it is to do', state('new'), undefined, 'right'],
    ['that failed before a name moved', state('old'), failure(), 'failed'],
    ['that succeeded without moving a name', state('old'), undefined, 'wrong'],
    ['that left a name on something else', state('other'), failure(), 'wrong'],
    ['that left something incomplete', state('new', ['a blob']), failure(), 'wrong'],
    ['that threw what is no error of polyarch', state('old'), new TypeError('x'), 'untyped'],
    ['that says a name has moved', state('old'), failure(' (moved: r.example.com/app:1.0)'), 'false-statement'],
    ['that says a name has not moved', state('new'), failure(' (not moved: r.example.com/app:1.0)'), 'false-statement'],
    ['that says what is true', state('new'), failure(' (moved: r.example.com/app:1.0)'), 'failed'],
  ] as const)('%s', (_what, after, error, expected) => {
    expect(verdictOf(after, error)).toBe(expected)
  })

  it('is a false statement if a name does not hold what it is reported to hold', () => {
    const said = new SaidHolds('r.example.com')
    said.add('r.example.com/app:1.0', 'old')
    expect(verdictOf(state('new'), undefined, said)).toBe('false-statement')
  })
})
