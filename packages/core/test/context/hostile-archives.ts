/** Fields of a tar header as they are written, valid or not. */
export interface RawEntry {
  readonly name?: string
  /** One character: `0` file, `1` hard link, `2` symbolic link, `5` directory, `x` pax header. */
  readonly type?: string
  readonly link?: string
  readonly mode?: string
  readonly owner?: string
  /** Octal digits, or the 12 bytes themselves. */
  readonly size?: string | Buffer
  readonly time?: string | Buffer
  readonly content?: string | Buffer
}

const BLOCK = 512

/** The blocks of one entry, with a right checksum. */
export function rawEntry(entry: RawEntry): Buffer {
  const { name = '', type = '0', link = '', mode = '0000644', owner = '0000000', time = '00000000000' } = entry
  const content = Buffer.from(entry.content ?? '')
  const header = Buffer.alloc(BLOCK)
  const put = (value: string | Buffer, offset: number) => header.set(Buffer.from(value), offset)
  put(name, 0)
  put(mode, 100)
  put(owner, 108)
  put(owner, 116)
  put(entry.size ?? content.length.toString(8).padStart(11, '0'), 124)
  put(time, 136)
  put(' '.repeat(8), 148)
  put(type, 156)
  put(link, 157)
  put('ustar\u000000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  put(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148)
  return Buffer.concat([header, content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)])
}

/** A pax header for the entry after it. */
export function paxHeader(records: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`
    const length = Buffer.byteLength(rest)
    const digits = String(length + String(length).length).length
    return `${length + digits}${rest}`
  })
  return rawEntry({ name: 'pax', type: 'x', content: lines.join('') })
}

const DOCKERFILE = rawEntry({ name: 'Dockerfile', content: 'FROM scratch' })
const END = Buffer.alloc(2 * BLOCK)

/** An archive with a Dockerfile and these entries. */
export function archiveOf(...entries: readonly (RawEntry | Buffer)[]): Buffer {
  return Buffer.concat([DOCKERFILE, ...entries.map((one) => (Buffer.isBuffer(one) ? one : rawEntry(one))), END])
}

/** A size in base 256. */
const HUGE = Buffer.from([0x80, 0, 0, 0, 0x7f, 255, 255, 255, 255, 255, 255, 255])
const NEGATIVE = Buffer.alloc(12, 255)

/** Archives that must not be unpacked, with the text of the error. @param outside - a folder that must not change */
export function hostileArchives(outside: string): Readonly<Record<string, readonly [archive: Buffer, says: RegExp]>> {
  const out = { name: 'out', type: '2', link: outside }
  const file = { name: 'file', content: 'x' }
  return {
    'a directory over a link': [
      archiveOf(out, { name: 'out/', type: '5', mode: '0000777' }),
      /through the symbolic link "out"/,
    ],
    'a directory below a link': [archiveOf(out, { name: 'out/made/', type: '5' }), /through the symbolic link "out"/],
    'a file below a link': [archiveOf(out, { name: 'out/made', content: 'x' }), /through the symbolic link "out"/],
    'a file over a link': [
      archiveOf({ ...out, link: `${outside}/file` }, { name: 'out', content: 'x' }),
      /replaces a symbolic link/,
    ],
    'a link below a link': [
      archiveOf(out, { name: 'out/made', type: '2', link: 'x' }),
      /through the symbolic link "out"/,
    ],
    'a link over a link': [archiveOf(out, { ...out, link: '/' }), /replaces a symbolic link/],
    'a link to the folder itself': [
      archiveOf({ name: 'a', type: '2', link: '.' }, { name: 'a/a', content: '' }),
      /symbolic link "a"/,
    ],
    'a hard link through a link': [
      archiveOf(out, { name: 'a', type: '1', link: 'out/file' }),
      /not a file in the archive/,
    ],
    'a hard link to a link': [archiveOf(out, { name: 'a', type: '1', link: 'out' }), /not a file in the archive/],
    'a hard link out of the archive': [
      archiveOf({ name: 'a', type: '1', link: '../../file' }),
      /is outside of the archive/,
    ],
    'a hard link to nothing': [archiveOf({ name: 'a', type: '1', link: 'nowhere' }), /not a file in the archive/],
    'a hard link without a target': [archiveOf({ name: 'a', type: '1' }), /without a target/],
    'a link without a target': [archiveOf({ name: 'a', type: '2' }), /without a target/],
    'a path out of the archive': [archiveOf({ name: '../made', content: 'x' }), /is outside of the archive/],
    'a path out of a folder': [archiveOf({ name: 'a/../../made', content: 'x' }), /is outside of the archive/],
    'a file without a name': [archiveOf({ name: './', type: '0', content: '' }, { content: 'x' }), /has no name/],
    'a file over a directory': [
      archiveOf({ name: 'a/', type: '5' }, { name: 'a', content: 'x' }),
      /replaces a directory/,
    ],
    'a file below a file': [
      archiveOf({ name: 'a', content: 'x' }, { name: 'a/b', content: 'x' }),
      /"a", which is a file/,
    ],
    'NUL in a pax path': [archiveOf(paxHeader({ path: 'a\u0000b' }), file), /NUL/],
    'NUL in a pax link': [
      archiveOf(paxHeader({ linkpath: 'a\u0000b' }), { ...file, type: '2', content: '' }),
      /NUL character in its target/,
    ],
    'half of a file': [archiveOf({ name: 'a', content: 'x'.repeat(600) }).subarray(0, 2000), /Unexpected end of data/],
    'a header of a file alone': [DOCKERFILE.subarray(0, BLOCK), /Unexpected end of data/],
    'a path of 300 directories': [archiveOf(paxHeader({ path: 'a/'.repeat(300) }), file), /more than 256 directories/],
    'a path of a megabyte': [archiveOf(paxHeader({ path: 'a/'.repeat(500_000) }), file), /more than 4096 bytes/],
    'a name that is too long': [
      archiveOf(paxHeader({ path: 'a'.repeat(1000) }), file),
      /cannot be unpacked.*ENAMETOOLONG/,
    ],
    'a link that is too long': [
      archiveOf(paxHeader({ linkpath: 'a/'.repeat(5000) }), { ...file, type: '2', content: '' }),
      /ENAMETOOLONG/,
    ],
    'a huge size': [archiveOf({ ...file, size: HUGE }), /tar context/],
    'a size of no known form': [archiveOf({ ...file, size: Buffer.alloc(12, 0xd4) }), /size that is not a number/],
    'a negative size': [archiveOf({ ...file, size: NEGATIVE }), /tar context/],
    'a huge pax size': [archiveOf(paxHeader({ size: '9'.repeat(400) }), file), /tar context/],
    'a size that is no number': [archiveOf(paxHeader({ size: 'many' }), file), /Invalid header/],
    'a huge pax header': [archiveOf({ name: 'pax', type: 'x', size: '77777777777' }), /exceeds max size/],
    'a time that is no date': [archiveOf({ ...file, time: Buffer.concat([HUGE]) }), /time that is not a date/],
    'a mode that is no number': [archiveOf({ ...file, mode: 'abcdefg' }), /mode that is not a number/],
    'an unknown entry type': [archiveOf({ ...file, type: 'S' }), /has an unsupported type/],
  }
}
