import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../../src/model/digest.js'
import { formatReference } from '../../src/model/reference.js'
import {
  attestationReference,
  attestedTag,
  checkReference,
  contextReference,
  KEY_ANNOTATION,
  keyOf,
  keyReference,
  ownTag,
  pushReference,
} from '../../src/steps/key.js'

const KEY = 'a'.repeat(64)
const REPOSITORY = { registry: 'r.example', repository: 'team/app' }

describe('keyOf', () => {
  it('is the sha256 of canonical JSON of the kind, the version of the schema and the inputs', () => {
    const text = '{"a":1,"b":[2],"kind":"image","schema":3}'
    expect(keyOf('image', { b: [2], a: 1 })).toBe(createHash('sha256').update(text).digest('hex'))
    expect(keyOf('base', { b: [2], a: 1 })).not.toBe(keyOf('image', { b: [2], a: 1 }))
  })
})

// Published images carry them: a new name would lose every result that is there.
describe('the tags of one repository', () => {
  const digest = digestOf('context')
  it.each([
    [keyReference(REPOSITORY, KEY), `polyarch-${KEY}`, 'result'],
    [pushReference(REPOSITORY, KEY, 'oci'), `polyarch-${KEY}`, 'result'],
    [pushReference(REPOSITORY, KEY, 'docker'), `polyarch-${KEY}.unchecked`, 'unchecked'],
    [contextReference(REPOSITORY, digest), `polyarch-context-${digest.slice(7)}`, 'context'],
    [checkReference(REPOSITORY, KEY), `polyarch-checked-${KEY}`, 'checked'],
    [attestationReference(REPOSITORY, KEY), `polyarch-attestation-${KEY}`, 'attestation'],
  ])('%j', (reference, tag, kind) => {
    expect(formatReference(reference)).toBe(`r.example/team/app:${tag}`)
    expect(ownTag(tag)).toBe(kind)
  })

  it.each([
    'latest',
    'polyarch-',
    'polyarch-1.0',
    `polyarch-${KEY}0`,
    `polyarch-${KEY.slice(1)}`,
    `polyarch-${KEY.toUpperCase()}`,
    `x-polyarch-${KEY}`,
    `polyarch-${KEY}xunchecked`,
    `polyarch-${KEY}.unchecked1`,
    `polyarch-checked-${KEY}.unchecked`,
    `polyarch-other-${KEY}`,
  ])('%s belongs to the user', (tag) => expect(ownTag(tag)).toBeUndefined())

  it('lead from an attestation to its image', () => {
    expect(attestedTag(`polyarch-attestation-${KEY}`)).toBe(`polyarch-${KEY}`)
  })

  it('are repeated in the annotation io.polyarch.key', () => {
    expect(KEY_ANNOTATION).toBe('io.polyarch.key')
  })
})
