import { createHmac } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { digestOf } from '../../src/model/digest.js'
import { imageParts } from '../../src/steps/image/image-parts.js'
import { partsDifference } from '../../src/steps/image/parts-difference.js'
import { openInputHash } from '../../src/steps/image/secrets/key-secret.js'
import { type InputHash, keyedHash, PLAIN_HASH } from '../../src/steps/input-hash.js'
import { keyOf } from '../../src/steps/key.js'

const SECRET = 'correct horse battery staple, 4x'

it('is the key of an HMAC over the canonical JSON of the inputs', () => {
  const hash = keyedHash(Buffer.from(SECRET))
  const text = '{"a":1,"b":[2],"kind":"image","schema":3}'
  const hmac = (json: string) => createHmac('sha256', SECRET).update(json).digest('hex')
  expect(keyOf('image', { b: [2], a: 1 }, hash)).toBe(hmac(text))
  expect(hash.secretId).toBe(hmac('["key secret"]').slice(0, 16))
  expect(PLAIN_HASH.secretId).toBeUndefined()
  expect(keyOf('image', { a: 1 })).toBe(keyOf('image', { a: 1 }, PLAIN_HASH))
})

it('is read from a variable, a value or a file, whose last line break is no part of it', async () => {
  await using folder = await tempFolder('key-secret')
  const path = join(folder.path, 'secret')
  const { secretId } = keyedHash(Buffer.from(SECRET))
  for (const end of ['', '\n', '\r\n']) {
    await writeFile(path, `${SECRET}${end}`)
    expect((await openInputHash({ kind: 'file', path }, {})).secretId).toBe(secretId)
  }
  expect((await openInputHash({ kind: 'env', name: 'IT' }, { IT: SECRET })).secretId).toBe(secretId)
  expect((await openInputHash({ kind: 'value', read: () => Buffer.from(SECRET) }, {})).secretId).toBe(secretId)
  expect(await openInputHash(undefined, {})).toBe(PLAIN_HASH)
})

it.each([
  ['empty', { IT: '' }, 'the keySecret has 0 bytes, but needs 32'],
  ['short', { IT: `${SECRET.slice(1)}\n\n` }, 'the keySecret has 31 bytes, but needs 32'],
  ['not set', {}, 'the keySecret is in the variable IT, which is not set'],
])('is rejected if it is %s, without quoting it', async (_what, env, message) => {
  const error = await openInputHash({ kind: 'env', name: 'IT' }, env).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'SECRET_UNAVAILABLE', message })
  expect(JSON.stringify(error)).not.toContain(SECRET.slice(1))
})

const partsWith = (hash: InputHash, base = 'base') =>
  imageParts(
    { base: digestOf(base), context: digestOf('c'), dockerfile: 'FROM x\n', build: { args: { A: '1' }, labels: {} } },
    [],
    hash,
  )

it('is the only reason beside the base if it differs: nothing else can be compared', () => {
  const [one, two] = [keyedHash(Buffer.from(SECRET)), keyedHash(Buffer.from(`${SECRET}!`))]
  const reasons = (previous: InputHash, next: InputHash, base?: string) =>
    partsDifference(partsWith(previous), partsWith(next, base), [])
  expect(reasons(PLAIN_HASH, one)).toEqual([{ kind: 'key-secret-changed', change: 'added' }])
  expect(reasons(one, PLAIN_HASH)).toEqual([{ kind: 'key-secret-changed', change: 'removed' }])
  expect(reasons(one, two, 'other')).toEqual([
    { kind: 'key-secret-changed', change: 'changed' },
    { kind: 'base-moved', from: digestOf('base'), to: digestOf('other') },
  ])
})
