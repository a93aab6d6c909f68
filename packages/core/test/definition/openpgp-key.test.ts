import { generateKey, readKey } from 'openpgp'
import { describe, expect, it } from 'vitest'
import { keyFingerprint } from '../../src/definition/plugin/kinds/openpgp-key.js'

const userIDs = [{ name: 'an archive' }]
const { publicKey, privateKey } = await generateKey({ type: 'ecc', curve: 'ed25519Legacy', userIDs, format: 'armored' })
const { publicKey: another } = await generateKey({ type: 'rsa', rsaBits: 2048, userIDs, format: 'armored' })

/** Without its first and last line and its checksum. */
function contentOf(armored: string): Buffer {
  return Buffer.from(armored.replace(/^-.*$|^=.*$/gm, ''), 'base64')
}

function armor(content: Buffer): string {
  return `-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n${content.toString('base64')}\n-----END PGP PUBLIC KEY BLOCK-----\n`
}

describe('the fingerprint of a key', () => {
  it.each([
    ['of an elliptic curve', publicKey],
    ['of RSA', another],
    ['with lines of mail', publicKey.replace(/\r?\n/g, '\r\n')],
    ['with a header and no checksum', armor(contentOf(publicKey)).replace('\n\n', '\nVersion: 1\n\n')],
  ])('is what OpenPGP.js reports: %s', async (_what, armored) => {
    const key = await readKey({ armoredKey: armored })
    expect(keyFingerprint(armored)).toBe(key.getFingerprint().toUpperCase())
  })

  it.each([
    ['nothing', ''],
    ['a sentence', 'the key of an archive'],
    ['a private key', privateKey],
    ['two keys', armor(Buffer.concat([contentOf(publicKey), contentOf(another)]))],
    ['a key that is cut off', armor(contentOf(publicKey).subarray(0, 40))],
    ['what is no packets', armor(Buffer.from('no packets'))],
    ['a key of version 6', armor(Buffer.from([0xc6, 2, 6, 0]))],
    ['a packet of partial lengths', armor(Buffer.from([0xc6, 0xe1, 4, 0, 0]))],
    ['a packet whose length is cut off', armor(Buffer.from([0x9a, 0]))],
    ['a user ID first', armor(Buffer.from([0xcd, 1, 65, 0xc6, 1, 4]))],
  ])('is none of %s', (_what, text) => {
    expect(keyFingerprint(text)).toBeUndefined()
  })
})
