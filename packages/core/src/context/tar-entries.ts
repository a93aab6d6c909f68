import { pipeline } from 'node:stream/promises'
import type { Pack } from 'tar-stream'
import type { ContextDockerfile, ContextEntry, FileEntry, OpenContext } from './context-file.js'
import { unreadable, WHOLE_FILE } from './file-fault.js'

type Header = Parameters<Pack['entry']>[0]

/** Owners differ from machine to machine, and docker sends none. */
export const OWNER = { uid: 0, gid: 0, uname: '', gname: '' } as const

/** Where a Dockerfile is in the tar if it is not one of the files sent. */
const RESERVED_PATH = '.polyarch.Dockerfile'

/** The path of the Dockerfile in the tar. */
export function sentDockerfilePath({ name, file }: ContextDockerfile): string {
  return name === file ? RESERVED_PATH : name
}

/** Packs one entry as it was listed. @throws EngineError CONTEXT_UNREADABLE if it changed since */
export async function packEntry(tar: Pack, context: OpenContext, entry: ContextEntry, mtime: Date): Promise<void> {
  const { path: name, kind: type } = entry
  if (entry.rawPath || (entry.kind === 'symlink' && entry.rawTarget)) {
    throw unreadable(name, 'has a name or link target that is not UTF-8, which the tar cannot hold')
  }
  const header = { name, type, mtime, ...OWNER }
  if (entry.kind === 'symlink') return add(tar, { ...header, mode: 0o777, linkname: entry.target })
  if (entry.kind === 'directory') return add(tar, { ...header, mode: entry.mode })
  if (entry.size <= WHOLE_FILE) return add(tar, { ...header, mode: entry.mode }, await readWhole(context, entry))
  return pipeline(context.read(entry), tar.entry({ ...header, mode: entry.mode, size: entry.size }))
}

function add(tar: Pack, header: Header, content?: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: unknown) => (error ? reject(error) : resolve())
    if (content === undefined) tar.entry(header, done)
    else tar.entry(header, content, done)
  })
}

async function readWhole(context: OpenContext, entry: FileEntry): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of context.read(entry)) chunks.push(chunk)
  return Buffer.concat(chunks)
}
