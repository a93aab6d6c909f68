import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { timeLimit } from '../../src/model/async/time-limit.js'
import { contextName } from '../../src/model/context-name.js'
import { isJsonObject, itemsOf, textOf } from '../../src/model/json-fields.js'
import { isLoopback } from '../../src/model/loopback.js'
import { redactUrl, shownLocation } from '../../src/model/shown-location.js'

describe('isJsonObject, textOf and itemsOf', () => {
  it('accept objects, strings and arrays, and no other value', () => {
    const values = [{ a: 1 }, [1], 'x', 1, null, undefined]
    expect(values.map(isJsonObject)).toEqual([true, false, false, false, false, false])
    expect(values.map(textOf)).toEqual([undefined, undefined, 'x', undefined, undefined, undefined])
    expect(values.map(itemsOf)).toEqual([[], [1], [], [], [], []])
  })
})

describe('isLoopback', () => {
  it.each(['localhost', '[::1]', '127.0.0.1', '127.255.0.10'])('accepts %s', (name) =>
    expect(isLoopback(name)).toBe(true),
  )
  it.each(['', '::1', '128.0.0.1', '127.0.0', '127.0.0.1.example', 'a127.0.0.1', '127.0.0.1234', 'localhost.example'])(
    'rejects %j',
    (name) => expect(isLoopback(name)).toBe(false),
  )
})

describe('shownLocation', () => {
  it('removes credentials, query and fragment from a URL, as redactUrl does', () => {
    const url = 'https://user:secret@files.example:8443/a/b.tar?signature=1#part'
    expect(redactUrl(new URL(url))).toBe('https://files.example:8443/a/b.tar')
    expect(shownLocation(url)).toBe('https://files.example:8443/a/b.tar')
    expect(shownLocation(url.replace('https:', 'HTTPS:'))).toBe('https://files.example:8443/a/b.tar')
    expect(shownLocation(url.replace('https:', 'http:'))).toBe('http://files.example:8443/a/b.tar')
  })

  it.each(['/root.tar?x', './http:/x', 'https://', 'C:\\root.tar'])('does not change %s', (path) =>
    expect(shownLocation(path)).toBe(path),
  )
})

describe('contextName', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  it.each([
    ['alpine', 'alpine'],
    ['alpine:latest', 'alpine'],
    ['docker.io/library/alpine:3.22', 'alpine:3.22'],
    ['docker.io/library/team/app', 'library/team/app'],
    ['team/library/app', 'team/library/app'],
    ['ghcr.io/library/app:latest', 'ghcr.io/library/app'],
    [`alpine:latest@${digest}`, `alpine:latest@${digest}`],
    [`alpine@${digest}`, `alpine@${digest}`],
    ['not a name', undefined],
  ])('returns, for %s, %s', (text, expected) => expect(contextName(text)).toBe(expected))
})

describe('timeLimit', () => {
  it('aborts with a TimeoutError after its time', async () => {
    const limit = timeLimit(1)
    await delay(50)
    expect(limit.reason).toMatchObject({ name: 'TimeoutError', message: expect.stringContaining('timeout') })
  })
})
