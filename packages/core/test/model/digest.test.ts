import { describe, expect, it } from 'vitest'
import { algorithmOf, DigestHash, digestOf, hexOf, isDigest, shortDigest } from '../../src/model/digest.js'

// Of 'abc', from FIPS 180-2.
const SHA256 = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
const SHA512 =
  'sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f'

describe('digestOf', () => {
  it('hashes by sha256, or by the given algorithm', () => {
    expect(digestOf('abc')).toBe(SHA256)
    expect(digestOf(Buffer.from('abc'))).toBe(SHA256)
    expect(digestOf('abc', 'sha512')).toBe(SHA512)
  })
})

describe('DigestHash', () => {
  it('has the digest of all bytes so far, and takes more', () => {
    const hash = new DigestHash().update('a')
    expect(hash.digest).toBe(digestOf('a'))
    expect(hash.update(Buffer.from('bc')).digest).toBe(SHA256)
    expect(new DigestHash('sha512').update('abc').digest).toBe(SHA512)
  })
})

describe('isDigest', () => {
  it.each([SHA256, SHA512])('accepts %s', (text) => expect(isDigest(text)).toBe(true))

  it.each([
    '',
    SHA256.slice(0, -1),
    `${SHA256}0`,
    ` ${SHA256}`,
    SHA256.toUpperCase(),
    SHA256.replace('sha256', 'sha512'),
    SHA512.replace('sha512', 'sha256'),
    SHA512.slice(0, -1),
    `${SHA512}0`,
    `x${SHA512}`,
    `md5:${'a'.repeat(32)}`,
  ])('rejects %j', (text) => expect(isDigest(text)).toBe(false))
})

describe('the parts of a digest', () => {
  const [short, long] = [digestOf('abc'), digestOf('abc', 'sha512')]

  it('are its algorithm and its hex digits', () => {
    expect([short, long].map(algorithmOf)).toEqual(['sha256', 'sha512'])
    expect([short, long].map(hexOf)).toEqual([SHA256.slice(7), SHA512.slice(7)])
  })

  it('are shortened to twelve digits for people', () => {
    expect([short, long].map(shortDigest)).toEqual(['sha256:ba7816bf8f01', 'sha512:ddaf35a19361'])
  })
})
