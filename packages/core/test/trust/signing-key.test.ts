import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { parsePublicKey } from '../../src/trust/keys/public-key.js'
import { externalSigningKey, parseSigningKey } from '../../src/trust/keys/signing-key.js'

const DATA = Buffer.from('signed')
const PASSWORD = Buffer.from('secret')

const PAIRS = {
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  Ed25519: generateKeyPairSync('ed25519'),
}

function privatePem(key: KeyObject, password?: Buffer): string {
  const encrypted = password && { cipher: 'aes-256-cbc', passphrase: password }
  return key.export({ type: 'pkcs8', format: 'pem', ...encrypted }).toString()
}

function publicPem(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()
}

/** A key of `cosign generate-key-pair` of cosign 3.1.1, with the password `secret`. */
const COSIGN_KEY = `-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----
eyJrZGYiOnsibmFtZSI6InNjcnlwdCIsInBhcmFtcyI6eyJOIjo2NTUzNiwiciI6
OCwicCI6MX0sInNhbHQiOiJTd0RDKzJEK1pYdG5vdnAyaGdIcTRaOElBYW41RXNS
Q3B0RDE0ZWdOMHVRPSJ9LCJjaXBoZXIiOnsibmFtZSI6Im5hY2wvc2VjcmV0Ym94
Iiwibm9uY2UiOiJSaEJ6WnU2c215WEl5aENERGwxcXNUYVBUUmZiTHBraSJ9LCJj
aXBoZXJ0ZXh0IjoiU0lqYUEzMTRTa3RGWWVXUWR5Vy8vdVBCT3NRR3NVcjlMK3hQ
alI3ZXRSOFJrV2N5QXFZL3JTQlJEMlU4aWQ0d2E3dE9sQ3puUCs3eFMweDBJWklj
UUhzVGJJU29HTDNZcEt5WldXRWcycEF2Y2FUVFVqZ1RJeElsZTRDR2xQL2Z0TTJj
bTVqMW00N0w1VmNsbnJTNHhpcWxFeE5YMXpLVDVERms1T0JYRGc2ZU5kQWN2MDgx
azluS1htdDNPR1RuMVRQdE52L1NVaVRxUlE9PSJ9
-----END ENCRYPTED SIGSTORE PRIVATE KEY-----
`
const COSIGN_PUB = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEtItOlIBX6ph3eene0zV9n8x2by1h
WoNyXy3nh4boF9NP1Uxup9Z8dHQQPMCfhl3uebHYqSrqsB0x2S+nrhtS0A==
-----END PUBLIC KEY-----
`

describe('a signing key', () => {
  test.each(Object.entries(PAIRS))('%s signs what its public half verifies, and nothing else', async (_, pair) => {
    const key = await parseSigningKey(privatePem(pair.privateKey), undefined)
    const signature = await key.sign(DATA)
    const publicKey = parsePublicKey(publicPem(pair.privateKey))
    expect(key.publicKey.hint).toBe(publicKey.hint)
    expect(publicKey.verifies(DATA, signature)).toBe(true)
    expect(publicKey.verifies(Buffer.from('other'), signature)).toBe(false)
    expect(publicKey.verifies(DATA, Buffer.from('no signature'))).toBe(false)
  })

  test('may be encrypted as PKCS #8, or by cosign', async () => {
    const encrypted = privatePem(PAIRS['P-256'].privateKey, PASSWORD)
    const plain = parsePublicKey(publicPem(PAIRS['P-256'].privateKey))
    expect((await parseSigningKey(encrypted, PASSWORD)).publicKey.hint).toBe(plain.hint)
    expect((await parseSigningKey(COSIGN_KEY, PASSWORD)).publicKey.hint).toBe(parsePublicKey(COSIGN_PUB).hint)
    for (const pem of [encrypted, COSIGN_KEY]) {
      await expect(parseSigningKey(pem, Buffer.from('wrong'))).rejects.toThrow('its password is wrong')
      await expect(parseSigningKey(pem, undefined)).rejects.toThrow('there is no password')
    }
  })

  test.each([
    ['a curve that cosign signs with another hash', generateKeyPairSync('ec', { namedCurve: 'P-384' }), /P-256/],
    ['a short RSA key', generateKeyPairSync('rsa', { modulusLength: 1024 }), /1024 bits/],
    ['a key for other uses', generateKeyPairSync('x25519'), /'x25519'/],
  ])('is rejected: %s', async (_, { privateKey }, reason) => {
    await expect(parseSigningKey(privatePem(privateKey), undefined)).rejects.toThrow(reason)
    expect(() => parsePublicKey(publicPem(privateKey))).toThrow(reason)
  })

  test('has an error without any part of an invalid key', async () => {
    await expect(parseSigningKey('hunter2', undefined)).rejects.toThrow(/^it is not a private key in PEM format$/)
    expect(() => parsePublicKey('hunter2')).toThrow(/^it is not a key in PEM format$/)
    expect(() => parsePublicKey(privatePem(PAIRS.RSA.privateKey))).toThrow('it is a private key')
    const box = (json: object) =>
      `-----BEGIN ENCRYPTED COSIGN PRIVATE KEY-----\n${Buffer.from(JSON.stringify(json)).toString('base64')}\n-----END ENCRYPTED COSIGN PRIVATE KEY-----`
    const scrypt = { name: 'scrypt', params: { N: 2 ** 40, r: 8, p: 1 }, salt: 'AAAA' }
    const cipher = { name: 'nacl/secretbox', nonce: 'AAAA' }
    const wrong = [
      [{}, "'undefined'"],
      [{ kdf: { name: 'argon2' }, cipher, ciphertext: '' }, "'argon2'"],
      [{ kdf: scrypt, cipher, ciphertext: 'AAAA' }, 'scrypt parameters'],
      [{ kdf: { ...scrypt, params: { N: 2, r: 1, p: 1 } }, cipher, ciphertext: 'AAAA' }, 'not a complete key'],
    ] as const
    for (const [json, reason] of wrong) await expect(parseSigningKey(box(json), PASSWORD)).rejects.toThrow(reason)
  })

  test('that signs elsewhere is verified with its public half', async () => {
    const { privateKey } = PAIRS['P-256']
    const publicKey = publicPem(privateKey)
    const good = externalSigningKey({ publicKey, sign: async (data) => sign('sha256', data, privateKey) })
    expect(good.publicKey.verifies(DATA, await good.sign(DATA))).toBe(true)
    const wrong = externalSigningKey({ publicKey, sign: () => sign('sha256', Buffer.from('other'), privateKey) })
    await expect(wrong.sign(DATA)).rejects.toThrow('does not verify')
  })
})
