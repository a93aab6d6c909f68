import { createHash } from 'node:crypto'
import { isTextMap } from './field-checks.js'

/** Tag of a packet that begins a key. @see https://www.rfc-editor.org/rfc/rfc9580.html#section-5 */
const PUBLIC_KEY = 6

/**
 * Fingerprint of an armored OpenPGP public key of version 4, in upper-case hex; undefined for any other text, also for
 * several keys.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9580.html#section-5.5.4.2
 */
export function keyFingerprint(armored: string): string | undefined {
  const bytes = readArmor(armored)
  const packets = bytes && readPackets(bytes)
  const [key, another] = packets?.filter(({ tag }) => tag === PUBLIC_KEY) ?? []
  if (key === undefined || another !== undefined || packets?.[0] !== key || key.body[0] !== 4) return undefined
  const start = Buffer.from([0x99, key.body.length >> 8, key.body.length & 0xff])
  return createHash('sha1').update(start).update(key.body).digest('hex').toUpperCase()
}

/**
 * Returns the issues of armored public keys by fingerprint: each fingerprint must be that of its key.
 *
 * @example
 * ```ts
 * issues: ({ keys }) => keyIssues(keys),
 * ```
 */
export function keyIssues(keys: unknown): readonly string[] {
  if (keys === undefined) return []
  if (!isTextMap(keys)) return ['keys must be armored public keys by fingerprint']
  return Object.entries(keys).flatMap(([fingerprint, armored]) => {
    const is = keyFingerprint(armored)
    if (is === fingerprint) return []
    return [
      `keys: the value of ${fingerprint} is ${is === undefined ? 'not an armored OpenPGP public key' : `the key ${is}`}`,
    ]
  })
}

/** @see https://www.rfc-editor.org/rfc/rfc9580.html#section-6.2 */
function readArmor(text: string): Buffer | undefined {
  const block =
    /^-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:\S+: .*\r?\n)*\r?\n([A-Za-z0-9+/=\s]+?)(?:^=[A-Za-z0-9+/]{4}\s+)?-----END PGP PUBLIC KEY BLOCK-----\s*$/m
  const content = block.exec(text.trim())?.[1]
  return content === undefined ? undefined : Buffer.from(content, 'base64')
}

interface Packet {
  readonly tag: number
  readonly body: Buffer
}

/** Undefined if the bytes are not packets of known length. */
function readPackets(bytes: Buffer): readonly Packet[] | undefined {
  const packets: Packet[] = []
  for (let at = 0; at < bytes.length; ) {
    const header = readHeader(bytes, at)
    if (header === undefined || header.end > bytes.length) return undefined
    packets.push({ tag: header.tag, body: bytes.subarray(header.start, header.end) })
    at = header.end
  }
  return packets
}

/** Reads the position of a packet's body. @see https://www.rfc-editor.org/rfc/rfc9580.html#section-4.2 */
function readHeader(bytes: Buffer, at: number) {
  const first = bytes[at] ?? 0
  const place = (tag: number, widthAt: number, width: number, length: number) => {
    const start = widthAt + width
    return { tag, start, end: start + length }
  }
  if (first < 0x80) return undefined
  if (first < 0xc0) {
    const width = 1 << (first & 3)
    if (width > 4 || at + 1 + width > bytes.length) return undefined
    return place((first >> 2) & 15, at + 1, width, bytes.readUIntBE(at + 1, width))
  }
  const tag = first & 63
  const [one = 0, two = 0] = bytes.subarray(at + 1)
  if (one < 192) return place(tag, at + 1, 1, one)
  if (one < 224) return place(tag, at + 1, 2, ((one - 192) << 8) + two + 192)
  return one === 255 && at + 6 <= bytes.length ? place(tag, at + 1, 5, bytes.readUInt32BE(at + 2)) : undefined
}
