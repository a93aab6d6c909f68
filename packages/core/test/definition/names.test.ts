import { describe, expect, it } from 'vitest'
import { compile } from '../../src/definition/compile.js'
import { formatReference } from '../../src/model/reference.js'
import { NAME, simple } from './definitions.js'

describe('the names of an index', () => {
  it('are tags in its own repository, and whole names anywhere, in the order of the definition', () => {
    const one = simple.tags('2.0', `${NAME}:also`, 'other.example.com/app', 'mirror.example.com/team/app:1.0')
    const namesOf = (registry?: string) => compile([one], { registry }).pipelines[0]?.names.map(formatReference)
    expect(namesOf()).toEqual([
      `${NAME}:1.0`,
      `${NAME}:2.0`,
      `${NAME}:also`,
      'other.example.com/app:latest',
      'mirror.example.com/team/app:1.0',
    ])
    // One registry in the place of several makes two of them the same.
    const moved = ['team/app:1.0', 'team/app:2.0', 'team/app:also', 'app:latest']
    expect(namesOf('here.example.com')).toEqual(moved.map((name) => `here.example.com/${name}`))
  })

  it.each([
    ['a digest', `other.example.com/app@sha256:${'0'.repeat(64)}`, 'names a digest', 'cannot be pushed to'],
    ['no host', 'team/other:1.0', 'does not say which registry', 'docker.io/team/other'],
    ['no tag', 'not a tag', 'is not a valid tag', 'host/path:tag'],
  ])('are refused with %s', (_what, written, message, hint) => {
    expect(() => compile([simple.tags(written)])).toThrow(
      expect.objectContaining({
        faults: [
          expect.objectContaining({ message: expect.stringContaining(message), hint: expect.stringContaining(hint) }),
        ],
      }),
    )
  })
})
