import type { Readable } from 'node:stream'
import { isElf } from '../../machine-code/elf.js'
import { LIMITS } from '../../model/limits.js'

/** Build information of a program of Go 1.18 or newer, as `go version -m` prints it. */
export interface GoBuildInfo {
  /** `go1.22.3` */
  readonly goVersion: string
  /** Lines of words separated by tabs: `dep`, path, version, checksum. Empty for a build without modules. */
  readonly modules: string
}

const MAGIC = Buffer.from('\xff Go buildinf:', 'latin1')
const ALIGNMENT = 16
const HEADER_SIZE = 32
const FLAGS_AT = 15
/** The strings follow the header. Older versions of Go have addresses there. */
const INLINE = 0x2
/** Bytes of a version: a file may have the magic bytes a million times. */
const LONGEST_VERSION = 256
/** Length of the random text before and after the list of modules. */
const SENTINEL = 16
/** Length of the first bytes of an ELF file. */
const HEAD = 4

/**
 * Finds the build information in the content of a file, which is read to its end; undefined if the file is not a
 * program of Go.
 *
 * @see https://github.com/golang/go/blob/go1.22.0/src/debug/buildinfo/buildinfo.go
 */
export async function readGoBuildInfo(content: Readable): Promise<GoBuildInfo | undefined> {
  const scanner = new BuildInfoScanner()
  // The loop is not left early: that would destroy the stream, and with it the reader of the layer.
  for await (const chunk of content as AsyncIterable<Buffer>) scanner.add(chunk)
  return scanner.end()
}

/** Scans the chunks of a file. It keeps no more of them than one build information can have. */
class BuildInfoScanner {
  #kept: Buffer = Buffer.alloc(0)
  /** Position of the kept bytes in the file. */
  #offset = 0
  #isProgram: boolean | undefined
  #found: GoBuildInfo | undefined

  add(chunk: Buffer): void {
    if (this.#found !== undefined || this.#isProgram === false) return
    this.#kept = this.#kept.length === 0 ? chunk : Buffer.concat([this.#kept, chunk])
    if (this.#kept.length < HEAD) return
    this.#isProgram ??= isElf(this.#kept)
    if (this.#isProgram) this.#scan(false)
    else this.#kept = Buffer.alloc(0)
  }

  end(): GoBuildInfo | undefined {
    if (this.#isProgram && this.#found === undefined) this.#scan(true)
    return this.#found
  }

  #scan(isEnd: boolean): void {
    for (let at = this.#kept.indexOf(MAGIC); at >= 0; at = this.#kept.indexOf(MAGIC, at + 1)) {
      // Programs that read build information have the magic bytes too, in other places.
      if ((this.#offset + at) % ALIGNMENT !== 0) continue
      const info = parseBuildInfo(this.#kept.subarray(at))
      if (info === 'incomplete' && !isEnd) {
        this.#keepFrom(at)
        return
      }
      if (info === undefined || info === 'incomplete') continue
      this.#found = info
      this.#kept = Buffer.alloc(0)
      return
    }
    this.#keepFrom(Math.max(0, this.#kept.length - MAGIC.length + 1))
  }

  #keepFrom(at: number): void {
    this.#offset += at
    this.#kept = this.#kept.subarray(at)
  }
}

/** Parses the build information at the start of some bytes. */
function parseBuildInfo(bytes: Buffer): GoBuildInfo | 'incomplete' | undefined {
  if (bytes.length < HEADER_SIZE) return 'incomplete'
  if (((bytes[FLAGS_AT] ?? 0) & INLINE) === 0) return undefined
  const version = readString(bytes, HEADER_SIZE, LONGEST_VERSION)
  if (version === undefined || version === 'incomplete') return version
  const goVersion = version.text.toString('latin1')
  if (!/^(?:go|devel )[\x20-\x7e]+$/.test(goVersion)) return undefined
  const modules = readString(bytes, version.end, LIMITS.goBuildInfo)
  if (modules === undefined || modules === 'incomplete') return modules
  return { goVersion, modules: modulesIn(modules.text) }
}

/** Reads a string after its length, a varint. */
function readString(
  bytes: Buffer,
  start: number,
  limit: number,
): { readonly text: Buffer; readonly end: number } | 'incomplete' | undefined {
  let length = 0
  let factor = 1
  for (let at = start; ; at += 1) {
    const byte = bytes[at]
    if (byte === undefined) return 'incomplete'
    length += (byte & 0x7f) * factor
    if (length > limit) return undefined
    factor *= 0x80
    if (byte >= 0x80) continue
    const end = at + 1 + length
    return end > bytes.length ? 'incomplete' : { text: bytes.subarray(at + 1, end), end }
  }
}

function modulesIn(text: Buffer): string {
  const isWhole = text.length > 2 * SENTINEL && text[text.length - SENTINEL - 1] === 0x0a
  return isWhole ? text.subarray(SENTINEL, -SENTINEL).toString() : ''
}
