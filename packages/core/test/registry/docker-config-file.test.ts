import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hostOfKey, parseDockerConfig } from '../../src/registry/auth/docker-config-file.js'

const host = fc.constantFrom('ghcr.io', 'registry.example.com:5000', '127.0.0.1:5000', '[::1]:5000', 'localhost')
const username = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !text.includes(':') && text !== '<token>')
const password = fc.string({ maxLength: 40, unit: 'grapheme' }).filter((text) => !text.endsWith('\0'))

function loginsOf(config: unknown): unknown {
  return Object.fromEntries(parseDockerConfig(JSON.stringify(config))?.logins ?? [])
}

describe('parseDockerConfig', () => {
  test('reads any user name and password that docker writes', () => {
    fc.assert(
      fc.property(host, username, password, (at, user, secret) => {
        const auth = Buffer.from(`${user}:${secret}`).toString('base64')
        expect(loginsOf({ auths: { [at]: { auth } } })).toEqual({
          [at]: { kind: 'password', username: user, password: secret },
        })
      }),
    )
  })

  test('does not throw for any JSON', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const config = parseDockerConfig(text)
        expect(config === undefined || config.logins.size >= 0).toBe(true)
      }),
    )
    fc.assert(
      fc.property(
        fc.record({ auths: fc.jsonValue(), credHelpers: fc.jsonValue(), credsStore: fc.jsonValue() }),
        (config) => {
          expect(parseDockerConfig(JSON.stringify(config))).toBeDefined()
        },
      ),
    )
  })

  test.each([
    'https://index.docker.io/v1/',
    'index.docker.io',
    'docker.io',
    'registry-1.docker.io',
    'https://docker.io',
  ])("maps key '%s' to Docker Hub", (key) => {
    expect(hostOfKey(key)).toBe('docker.io')
  })

  test('does not return a login for a similar host name', () => {
    const config = { auths: { 'ghcr.io': { username: 'a', password: 'b' } } }
    const logins = parseDockerConfig(JSON.stringify(config))?.logins
    for (const other of ['evil-ghcr.io', 'ghcr.io.example.com', 'ghcr.io:443', 'GHCR.IO', 'io']) {
      expect(logins?.get(other)).toBeUndefined()
    }
  })

  test('reads identity tokens in both forms', () => {
    const form = Buffer.from('<token>:secret').toString('base64')
    expect(
      loginsOf({ auths: { 'a.example.com': { auth: form }, 'b.example.com': { identitytoken: 'secret' } } }),
    ).toEqual({
      'a.example.com': { kind: 'identity-token', token: 'secret' },
      'b.example.com': { kind: 'identity-token', token: 'secret' },
    })
  })

  test('prefers a bare host to the older URL form of the same host, in either order', () => {
    const old = { username: 'old', password: 'x' }
    const young = { username: 'young', password: 'x' }
    const kept = { 'a.example.com': { kind: 'password', ...young } }
    expect(loginsOf({ auths: { 'https://a.example.com/v1/': old, 'a.example.com': young } })).toEqual(kept)
    expect(loginsOf({ auths: { 'a.example.com': young, 'https://a.example.com/v1/': old } })).toEqual(kept)
  })

  test('ignores empty and malformed entries', () => {
    const auths = {
      'a.example.com': {},
      'b.example.com': { auth: '!' },
      'c.example.com': null,
      'd.example.com': { auth: 'Og==' },
    }
    expect(loginsOf({ auths })).toEqual({})
  })

  test('returns undefined for text that is not a JSON object', () => {
    for (const text of ['[]', '"x"', '{']) expect(parseDockerConfig(text)).toBeUndefined()
  })
})
