import { Readable } from 'node:stream'
import { EntryError, TarGuard } from '../../../packages/core/src/context/tar/tar-guard.js'
import { readMachineCode } from '../../../packages/core/src/machine-code/code.js'
import { FileTree } from '../../../packages/core/src/machine-code/file-tree.js'
import {
  type LayerEntry,
  type LayerFiles,
  readLayerFiles,
} from '../../../packages/core/src/machine-code/layer-files.js'
import { tarReader } from '../../../packages/core/src/machine-code/tar-reader.js'
import { compressionOf, isTar } from '../../../packages/core/src/rootfs/archive-kind.js'
import { archiveOf, hostileArchives, paxHeader } from '../../../packages/core/test/context/hostile-archives.js'
import { armAttributes, elfFile } from '../../../packages/core/test/machine-code/elf-file.js'
import type { FuzzTarget } from '../target.js'

const PROGRAM = elfFile({ machine: 40, attributes: armAttributes(10, true) })

const ARCHIVE = archiveOf(
  { name: 'bin/', type: '5', mode: '0000755' },
  { name: 'bin/sh', content: PROGRAM, mode: '0000755' },
  { name: 'lib', type: '2', link: 'usr/lib' },
  paxHeader({ path: 'usr/lib/libc.so', size: String(PROGRAM.length) }),
  { name: 'x', content: PROGRAM, mode: '0000755' },
  { name: 'other', type: '1', link: 'bin/sh' },
)

const ARCHIVES = [ARCHIVE, ...Object.values(hostileArchives('/outside')).map(([bytes]) => bytes)].filter(
  ({ length }) => length < 20_000,
)

/** tar-stream's own errors have no type: callers give them one. */
class ArchiveError extends Error {}

async function reading(work: () => Promise<unknown>): Promise<void> {
  await work().catch((error: Error) => {
    const isReader = /^(?:Invalid (?:tar )?header|Unexpected end of data|Header exceeds max size|it has an? )/.test(
      error.message,
    )
    throw isReader ? new ArchiveError(error.message) : error
  })
}

async function readHeaders(bytes: Buffer): Promise<void> {
  const guard = new TarGuard('linux')
  const reader = tarReader()
  Readable.from([bytes]).pipe(reader)
  for await (const entry of reader) {
    guard.check(entry.header)
    entry.resume()
  }
}

/** A layer as lines: a path, a kind and a target. */
function layerOf(text: string): LayerFiles {
  const entries = text.split('\n').map((line) => line.split(' '))
  const code = readMachineCode(PROGRAM)
  const entryOf = (kind: string, target: string): LayerEntry => {
    if (kind === 'link') return { kind, target }
    if (kind === 'same-as') return { kind, path: target }
    return kind === 'directory' ? { kind } : { kind: 'executable', code }
  }
  return {
    entries: new Map(entries.map(([path = '', kind = '', target = '']) => [path, entryOf(kind, target)])),
    removed: new Set(entries.filter(([, kind]) => kind === 'removed').map(([path = '']) => path)),
    opaque: new Set(entries.filter(([, kind]) => kind === 'opaque').map(([path = '']) => path)),
    memory: 0,
  }
}

export const ARCHIVE_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'machine-code',
    seeds: [PROGRAM, elfFile({ bits: 64, machine: 62 }), elfFile({ bigEndian: true, machine: 8, padding: 9 })],
    read: (input) => readMachineCode(input),
  },
  {
    name: 'context-archive',
    seeds: [ARCHIVE],
    words: ['ustar\0', 'ustar  \0', '\x80\0\0\0', '\xff\xff\xff\xff', '9'.repeat(30)],
    read: (input) => reading(() => readHeaders(withChecksums(input))),
    errors: [ArchiveError, EntryError],
  },
  {
    name: 'layer',
    seeds: ARCHIVES.slice(0, 1),
    words: ['ustar\0', '.wh.', '.wh..wh..opq', '\x80\0\0\0', '\xff\xff\xff\xff'],
    read: (input) => reading(() => readLayerFiles(Readable.from([withChecksums(input)]))),
    errors: [ArchiveError],
  },
  {
    name: 'layer-links',
    seeds: [
      'bin link usr/bin\nusr/bin/sh same-as usr/bin/dash\nusr/bin/dash file\nusr directory',
      'bin link a/a/a\na link ../bin\nb removed\nc opaque\nbin/sh file\na/sh link /bin',
      `bin link ${'a/'.repeat(50)}\na link ${'../'.repeat(50)}`,
    ],
    words: [' link ', ' same-as ', ' directory', ' removed', ' opaque', 'bin', 'usr/bin', '../', 'a/'.repeat(2000)],
    read(input) {
      const [upper = '', lower = ''] = input.toString().split('\n\n')
      const tree = new FileTree([layerOf(lower), layerOf(upper)])
      return [tree.executable('bin/sh'), [...tree.executables()].length]
    },
  },
  {
    name: 'archive-kind',
    seeds: [ARCHIVE, Buffer.from([0x1f, 0x8b])],
    read: (input) => [compressionOf(input), isTar(input)],
  },
]

/** Writes the right checksum into each block that looks like a header, and ends the archive: inputs pass the first checks. */
export function withChecksums(input: Buffer): Buffer {
  const bytes = Buffer.concat([input, Buffer.alloc(1024 + (512 - (input.length % 512)))])
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    const header = bytes.subarray(at, at + 512)
    if (header.toString('latin1', 257, 262) !== 'ustar') continue
    header.fill(' ', 148, 156)
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  }
  return bytes
}
