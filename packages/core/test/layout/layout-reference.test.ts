import { resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { layoutDirectory, parseLayoutReference } from '../../src/layout/layout-reference.js'
import { digestOf } from '../../src/model/digest.js'
import { formatReference } from '../../src/model/reference.js'

const digest = digestOf('x')

describe('parseLayoutReference', () => {
  test.each([
    ['oci:images', 'images', undefined, undefined],
    ['oci:./images:app', 'images', 'app', undefined],
    ['oci:/srv/images:team/app:1.0', '/srv/images', 'team/app:1.0', undefined],
    [`oci:/srv/me@home/images@${digest}`, '/srv/me@home/images', undefined, digest],
    [`oci:images:app@${digest}`, 'images', 'app', digest],
  ])('parses %s', (text, directory, tag, wanted) => {
    const reference = parseLayoutReference(text)
    expect(reference && layoutDirectory(reference)).toBe(resolve(directory))
    expect(reference).toMatchObject({ ...(tag && { tag }), ...(wanted && { digest: wanted }) })
    expect(Object.keys(reference ?? {})).toHaveLength(2 + Number(tag !== undefined) + Number(wanted !== undefined))
  })

  test.each(['ghcr.io/team/app:1.0', 'oci:', 'oci::app', 'oci:images@sha256:abc', `oci:images:app@${digest}0`])(
    'returns undefined for %s',
    (text) => expect(parseLayoutReference(text)).toBeUndefined(),
  )

  test('returns a reference that formatReference formats to the same text', () => {
    const word = fc.stringMatching(/^[a-z0-9@._-]{1,10}$/).filter((text) => !['.', '..'].includes(text))
    const names = fc.option(fc.stringMatching(/^[a-z0-9/:._-]{1,20}$/), { nil: undefined })
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), names, fc.boolean(), (folders, name, pinned) => {
        const text = `oci:/${folders.join('/')}${name === undefined ? '' : `:${name}`}${pinned ? `@${digest}` : ''}`
        const reference = parseLayoutReference(text)
        expect(reference && formatReference(reference)).toBe(text)
      }),
    )
  })
})
