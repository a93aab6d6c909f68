import { createHash } from 'node:crypto'
import { constants, readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Pack } from 'tar-stream'
import { digestOf } from '../model/digest.js'
import type { EngineError } from '../model/errors.js'
import type { ContextEntry } from './context-file.js'
import { unreadable, WHOLE_FILE } from './file-fault.js'

type Header = Parameters<Pack['entry']>[0]
type FileEntry = Extract<ContextEntry, { kind: 'file' }>

/** Owners differ from machine to machine, and docker sends none. */
export const OWNER = { uid: 0, gid: 0, uname: '', gname: '' } as const

/** What took the place of a file is not followed where it is a link, nor waited for where it is a pipe. */
const AS_LISTED = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/**
 * Packs one entry as it was listed: the key was made of that.
 *
 * @throws EngineError CONTEXT_UNREADABLE where it is no longer what it was.
 */
export async function packEntry(tar: Pack, directory: string, entry: ContextEntry, mtime: Date): Promise<void> {
  const { path: name, kind: type } = entry
  const header = { name, type, mtime, ...OWNER }
  if (entry.kind === 'symlink') return add(tar, { ...header, mode: 0o777, linkname: entry.target })
  if (entry.kind === 'directory') return add(tar, { ...header, mode: entry.mode })
  const file = join(directory, name)
  if (entry.size <= WHOLE_FILE) return add(tar, { ...header, mode: entry.mode }, readWhole(file, entry))
  return addLarge(tar, { ...header, mode: entry.mode, size: entry.size }, file, entry)
}

function add(tar: Pack, header: Header, content?: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: unknown) => (error ? reject(error) : resolve())
    if (content === undefined) tar.entry(header, done)
    else tar.entry(header, content, done)
  })
}

/** At once: the listing has read it a moment ago, so that the system has it at hand, and another thread only takes time. */
function readWhole(file: string, entry: FileEntry): Buffer {
  let content: Buffer
  try {
    // Node takes numbers for flags here too, which its types do not know.
    content = readFileSync(file, { flag: AS_LISTED as unknown as string })
  } catch (error) {
    throw unreadable(entry.path, 'cannot be read', error)
  }
  if (digestOf(content) !== entry.digest) throw changed(entry)
  return content
}

async function addLarge(tar: Pack, header: Header, file: string, entry: FileEntry): Promise<void> {
  const input = await open(file, AS_LISTED).catch((error: unknown) => {
    throw unreadable(entry.path, 'cannot be read', error)
  })
  const hash = createHash('sha256')
  const content = input.createReadStream({ end: entry.size - 1, highWaterMark: WHOLE_FILE })
  await pipeline(
    content,
    async function* hashed(chunks) {
      for await (const chunk of chunks) {
        hash.update(chunk)
        yield chunk
      }
    },
    tar.entry(header),
  ).catch((error: unknown) => {
    throw unreadable(entry.path, 'cannot be read', error)
  })
  if (`sha256:${hash.digest('hex')}` !== entry.digest) throw changed(entry)
}

function changed({ path }: FileEntry): EngineError {
  return unreadable(path, 'changed while it was packed')
}
