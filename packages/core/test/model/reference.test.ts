import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatReference,
  formatRepository,
  isTag,
  namesHost,
  parseReference,
  repositoryOf,
  sameRepository,
  withDefaultTag,
} from '../../src/model/reference.js'

const DIGEST = `sha256:${'a'.repeat(64)}`

describe('parseReference', () => {
  it.each([
    ['ubuntu', 'docker.io/library/ubuntu'],
    ['ubuntu:24.04', 'docker.io/library/ubuntu:24.04'],
    ['docker.io/ubuntu', 'docker.io/library/ubuntu'],
    ['index.docker.io/library/ubuntu', 'docker.io/library/ubuntu'],
    ['registry-1.docker.io/ubuntu', 'docker.io/library/ubuntu'],
    ['balenalib/rpi-raspbian', 'docker.io/balenalib/rpi-raspbian'],
    ['localhost/app', 'localhost/app'],
    ['localhost:5000/app:1', 'localhost:5000/app:1'],
    [`127.0.0.1:5000/a/b@${DIGEST}`, `127.0.0.1:5000/a/b@${DIGEST}`],
    ['[::1]:5000/app', '[::1]:5000/app'],
    ['LOCALDOMAIN/x', 'LOCALDOMAIN/x'],
    [`ghcr.io/${'a'.repeat(64)}`, `ghcr.io/${'a'.repeat(64)}`],
    [`ghcr.io/otbiot/app:1.0@${DIGEST}`, `ghcr.io/otbiot/app:1.0@${DIGEST}`],
    ['[2001:DB8::1]/app', '[2001:DB8::1]/app'],
    ['a-1.B-c.example:65535/a.b__c--d_e', 'a-1.B-c.example:65535/a.b__c--d_e'],
    ['x.y/z', 'x.y/z'],
    [`app:${'x'.repeat(128)}`, `docker.io/library/app:${'x'.repeat(128)}`],
    ['app:_x', 'docker.io/library/app:_x'],
    [`${'a/'.repeat(119)}abcdefghi`, `docker.io/${'a/'.repeat(119)}abcdefghi`],
    ['f'.repeat(63), `docker.io/library/${'f'.repeat(63)}`],
    ['f'.repeat(65), `docker.io/library/${'f'.repeat(65)}`],
    ['g'.repeat(64), `docker.io/library/${'g'.repeat(64)}`],
  ])('reads %s as %s', (text, expected) => {
    const reference = parseReference(text)
    expect(reference && formatReference(reference)).toBe(expected)
  })

  it.each([
    '',
    ':tag',
    'App',
    'host.example/App',
    'app:',
    'a'.repeat(64),
    '0123456789abcdef'.repeat(4),
    'app:-x',
    `app:${'x'.repeat(129)}`,
    'app@sha256:abc',
    'app@md5:abc',
    'a//b',
    '/app',
    'a..b/c',
    'host.example:99999999/app',
    'host.example:5x/app',
    'host.example:/app',
    '-host.example/app',
    'host-.example/app',
    'host.-example/app',
    'host.example-/app',
    'host..example/app',
    '!host.example/app',
    'host.example!/app',
    '[::1/app',
    '[]/app',
    '[::x]:5000/app',
    'a_/b',
    'a___b',
    '_a',
    '-a',
    'a-',
    'a._b',
    `${'a/'.repeat(119)}${'a'.repeat(18)}`,
    'app:!x',
    'app:x!',
    'app:.x',
    'app:1@',
    ':1/app',
    `${'a/'.repeat(200)}b`,
  ])('rejects %j', (text) => expect(parseReference(text)).toBeUndefined())

  it('reads what it writes', () => {
    const component = fc.stringMatching(/^[a-z0-9]{1,8}([._-][a-z0-9]{1,8})?$/)
    const host = fc.constantFrom('docker.io', 'ghcr.io', 'localhost:5000', '127.0.0.1:5000', '[::1]:443')
    const tag = fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/), { nil: undefined })
    fc.assert(
      fc.property(host, fc.array(component, { minLength: 2, maxLength: 4 }), tag, (registry, path, tagText) => {
        const repository = path.join('/')
        const reference = { registry, repository, ...(tagText !== undefined && { tag: tagText }) }
        expect(parseReference(formatReference(reference))).toEqual(reference)
      }),
    )
  })

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseReference(text)))
  })
})

describe('namesHost', () => {
  it.each([
    ['app', false],
    ['team/app', false],
    ['localhost/app', true],
    ['LOCALDOMAIN/x', true],
    ['App', false],
    ['host:5000/app', true],
    ['host.example/app', true],
  ])('%s: %s', (name, expected) => expect(namesHost(name)).toBe(expected))
})

describe('withDefaultTag', () => {
  it('adds latest only if there is neither tag nor digest', () => {
    const text = (name: string) => {
      const reference = parseReference(name)
      return reference && formatReference(withDefaultTag(reference))
    }
    expect(text('ubuntu')).toBe('docker.io/library/ubuntu:latest')
    expect(text(`ubuntu@${DIGEST}`)).toBe(`docker.io/library/ubuntu@${DIGEST}`)
  })
})

describe('the parts of a reference', () => {
  it('are a repository, compared exactly, and the tag or digest', () => {
    const reference = { registry: 'ghcr.io', repository: 'otbiot/app', tag: '1' }
    expect(repositoryOf(reference)).toStrictEqual({ registry: 'ghcr.io', repository: 'otbiot/app' })
    expect(formatRepository(reference)).toBe('ghcr.io/otbiot/app')
    const other = { ...reference, tag: '2' }
    expect(sameRepository(reference, other)).toBe(true)
    expect(sameRepository(reference, { ...reference, registry: 'GHCR.io' })).toBe(false)
    expect(sameRepository(reference, { ...reference, repository: 'otbiot/ap' })).toBe(false)
    expect(withDefaultTag(reference)).toBe(reference)
  })

  it.each([
    ['latest', true],
    ['_1.0-x', true],
    ['.x', false],
    ['x y', false],
    ['', false],
  ])('may be the tag %j: %s', (text, expected) => expect(isTag(text)).toBe(expected))
})
