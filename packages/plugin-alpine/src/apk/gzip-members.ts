import { inflateRawSync } from 'node:zlib'
import { packageError } from './package-error.js'

/** One gzip stream of several in a file. */
export interface GzipMember {
  /** As stored: what checksums cover. */
  readonly stored: Buffer
  readonly content: Buffer
}

const HEADER = 10
const TRAILER = 8

/**
 * Splits concatenated gzip streams, of which packages and indexes consist.
 *
 * @throws PackageError
 * @see https://www.rfc-editor.org/rfc/rfc1952#section-2.2
 */
export function gzipMembers(bytes: Buffer): readonly GzipMember[] {
  const members: GzipMember[] = []
  for (let at = 0; at < bytes.length; ) {
    const start = at + headerLength(bytes.subarray(at))
    const { content, length } = inflate(bytes.subarray(start))
    const end = start + length + TRAILER
    if (end > bytes.length) throw packageError('it is cut short')
    if (bytes.readUInt32LE(end - 4) !== content.length % 2 ** 32) throw packageError('its length is wrong')
    members.push({ stored: bytes.subarray(at, end), content })
    at = end
  }
  return members
}

interface InflateInfo {
  readonly buffer: Buffer
  readonly engine: { readonly bytesWritten: number }
}

function inflate(bytes: Buffer): { readonly content: Buffer; readonly length: number } {
  try {
    // The types of node lack the result of `info`.
    const { buffer, engine } = inflateRawSync(bytes, { info: true }) as unknown as InflateInfo
    return { content: buffer, length: engine.bytesWritten }
  } catch (error) {
    throw packageError((error as Error).message)
  }
}

function headerLength(bytes: Buffer): number {
  if (bytes.length < HEADER || bytes.readUInt16BE(0) !== 0x1f8b || bytes[2] !== 8) throw packageError('it is not gzip')
  const flags = bytes[3] ?? 0
  let length = HEADER
  if (flags & 4) length += 2 + (length + 2 <= bytes.length ? bytes.readUInt16LE(length) : 0)
  for (const flag of [8, 16]) if (flags & flag) length = afterZero(bytes, length)
  return flags & 2 ? length + 2 : length
}

function afterZero(bytes: Buffer, from: number): number {
  const zero = bytes.indexOf(0, from)
  if (zero < 0) throw packageError('it is cut short')
  return zero + 1
}
