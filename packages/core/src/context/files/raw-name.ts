import { join } from 'node:path'

/** In place of the byte 0x00 of a name that is not UTF-8: a lone surrogate, which no UTF-8 decodes to. */
const ESCAPE = 0xdc00
const REPLACEMENT = '\uFFFD'
const LONE_SURROGATE = /\p{Surrogate}/u

/** Whether decoding a name as UTF-8 may have lost bytes. */
export function isDoubtful(name: string): boolean {
  return name.includes(REPLACEMENT)
}

/** Decodes a name without loss: each byte that is not part of UTF-8 becomes the surrogate U+DC00 + byte. */
export function decodeName(bytes: Buffer): string {
  const text = bytes.toString()
  if (!text.includes(REPLACEMENT) || Buffer.from(text).equals(bytes)) return text
  let name = ''
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at)
    name += length === 0 ? String.fromCharCode(ESCAPE + (bytes[at] ?? 0)) : bytes.toString('utf8', at, at + length)
    at += length || 1
  }
  return name
}

/** Length of the UTF-8 character at an offset; 0 if there is none. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  const character = bytes.subarray(at, at + length)
  return Buffer.from(character.toString()).equals(character) ? length : 0
}

/** The bytes of a name or path that is not UTF-8; undefined for all others. */
export function rawBytes(name: string): Buffer | undefined {
  if (process.platform === 'win32' || !LONE_SURROGATE.test(name)) return undefined
  const parts = Array.from(name, (character) => {
    const code = character.charCodeAt(0)
    const isEscape = character.length === 1 && code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff
    return isEscape ? Buffer.from([code - ESCAPE]) : Buffer.from(character)
  })
  return Buffer.concat(parts)
}

/** A name for people, with `\\xE9` for a byte that is not UTF-8. */
export function shownName(name: string): string {
  return name.replace(/\p{Surrogate}/gu, (one) => `\\x${(one.charCodeAt(0) - ESCAPE).toString(16).toUpperCase()}`)
}

/** The path to open an entry of a directory by. */
export function filePath(directory: string, path: string): string | Buffer {
  const raw = rawBytes(path)
  return raw === undefined ? join(directory, path) : Buffer.concat([Buffer.from(`${directory}/`), raw])
}

/** Sorts the names of a folder by their bytes, as BuildKit's receiver compares them. */
export function sortNames(names: readonly string[]): readonly string[] {
  // Code units sort as UTF-8 does unless a surrogate is involved.
  if (!names.some((name) => SURROGATE.test(name))) return names.toSorted()
  const bytes = names.map((name) => [name, rawBytes(name) ?? Buffer.from(name)] as const)
  return bytes.sort(([, one], [, other]) => Buffer.compare(one, other)).map(([name]) => name)
}

const SURROGATE = /[\uD800-\uDFFF]/
