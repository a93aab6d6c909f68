import type { ServerDuplexStream } from '@grpc/grpc-js'
import pLimit from 'p-limit'
import { type Decoded, ENCODED, type Encoded } from '../../grpc/messages.js'
import { NotInSession, type SessionService, sendMessage, streamMethod } from '../service.js'
import { PacketType, packet, type stat } from './file-sync-schema.js'
import { followPathsOf } from './follow-paths.js'

/** An entry of a directory that a build reads. Paths are relative and use `/`; they are sent byte by byte. */
export interface SyncEntry {
  readonly kind: 'file' | 'directory' | 'symlink'
  readonly path: Uint8Array
  /** Unix permission bits, 0o7777 at most. */
  readonly mode: number
  /** In bytes; 0 for a directory. */
  readonly size: number
  /** Nanoseconds since the epoch. The receiver treats a file as unchanged if size, mode, owner and this are equal. */
  readonly modified: bigint
  /** The target of a symlink, or the path of an earlier entry that is the same file. */
  readonly link?: Uint8Array
  /** The content of a file. A chunk is copied before the next one is requested. */
  readonly open?: () => AsyncIterable<Uint8Array>
}

/** A directory that a build may read. */
export interface SyncDirectory {
  /**
   * The entries at and below these paths, each after its parent, sorted by path component; all if there are no paths.
   * It may return more.
   */
  list(followPaths: readonly string[], signal: AbortSignal): Promise<readonly SyncEntry[]>
}

/** Files whose content is sent at the same time. */
const SENT_AT_ONCE = 4

/** Bytes of content in one packet. */
const PIECE = 256 * 1024

/**
 * Sends directories of this machine to a build, each under the name that the build uses.
 * Files that the builder already has are not sent again. Owners are not sent: files belong to root in the image, as
 * with docker.
 *
 * @see https://github.com/tonistiigi/fsutil the protocol
 */
export function fileSyncService(directories: Readonly<Record<string, SyncDirectory>>): SessionService {
  const byName = new Map(Object.entries(directories))
  return [
    streamMethod('/moby.filesync.v1.FileSync/DiffCopy', { request: packet, answer: ENCODED }, async (call) => {
      const name = String(call.metadata.get('dir-name')[0] ?? '')
      const directory = byName.get(name)
      if (directory === undefined) throw new NotInSession(`the session has no directory '${name}'`)
      await new Transfer(call).run(directory, followPathsOf(call.metadata))
    }),
  ]
}

type Call = ServerDuplexStream<Decoded<typeof packet>, Buffer>

/** The transfer of one directory to one build. */
class Transfer {
  readonly #call: Call
  readonly #stop = new AbortController()
  readonly #limit = pLimit(SENT_AT_ONCE)
  #entries: readonly SyncEntry[] = []
  /** Requested entries, each once, so that a receiver cannot fill the memory with requests. */
  readonly #requested = new Set<number>()

  constructor(call: Call) {
    this.#call = call
  }

  /** Sends the list of entries, then the requested content, until the receiver has finished. */
  async run(directory: SyncDirectory, followPaths: readonly string[]): Promise<void> {
    const finished = this.#receive()
    // Handled when it is awaited; until then it must not end the process.
    finished.catch(() => {})
    try {
      this.#entries = await directory.list(followPaths, this.#stop.signal)
      for (const entry of this.#entries) await this.#send({ type: PacketType.stat, stat: statOf(entry) })
      await this.#send({ type: PacketType.stat })
      await finished
    } catch (error) {
      this.#stop.abort()
      if (!this.#call.cancelled)
        await sendPacket(this.#call, { type: PacketType.error, data: Buffer.from((error as Error).message) })
      throw error
    } finally {
      this.#stop.abort()
    }
    this.#call.end()
  }

  #receive(): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = () => {
        this.#stop.abort()
        reject(new NotInSession('the build ended before it had read its files'))
      }
      for (const event of ['cancelled', 'end', 'error']) this.#call.once(event, end)
      this.#call.on('data', ({ type, ID, data }: Decoded<typeof packet>) => {
        switch (type) {
          case PacketType.request:
            this.#sendRequested(ID).catch(reject)
            break
          case PacketType.finish:
            this.#send({ type: PacketType.finish })
            resolve()
            break
          case PacketType.error:
            reject(new NotInSession(`the builder could not store the files: ${Buffer.from(data).toString()}`))
            break
        }
      })
    })
  }

  async #sendRequested(id: number): Promise<void> {
    const open = this.#entries[id]?.open
    if (open === undefined) throw new RangeError(`the builder requested entry ${id}, which is not a file`)
    if (this.#requested.has(id)) throw new RangeError(`the builder requested entry ${id} twice`)
    this.#requested.add(id)
    await this.#limit(() => this.#sendContent(id, open))
  }

  async #sendContent(id: number, open: NonNullable<SyncEntry['open']>): Promise<void> {
    for await (const chunk of open()) {
      for (let start = 0; start < chunk.byteLength; start += PIECE) {
        if (this.#stop.signal.aborted) return
        await this.#send({ type: PacketType.data, ID: id, data: chunk.subarray(start, start + PIECE) })
      }
    }
    await this.#send({ type: PacketType.data, ID: id })
  }

  /** Sends a packet, unless the transfer is over: a packet after its end would destroy the stream before its status is sent. */
  #send(message: Encoded<typeof packet>): Promise<void> | undefined {
    return this.#stop.signal.aborted ? undefined : sendPacket(this.#call, message)
  }
}

/** Encodes a packet at once, since its data may be overwritten by the next chunk of a file, and sends it. */
function sendPacket(call: Call, message: Encoded<typeof packet>): Promise<void> | undefined {
  return sendMessage(call, packet.encode(message))
}

function statOf({ kind, path, mode, size, modified, link }: SyncEntry): Encoded<typeof stat> {
  const nanoseconds = BigInt.asIntN(64, modified)
  return {
    path,
    mode: goFileMode(kind, mode),
    size,
    modTime: { low: Number(nanoseconds & 0xffffffffn) | 0, high: Number(nanoseconds >> 32n) | 0, unsigned: false },
    ...(link !== undefined && { linkname: link }),
  }
}

/**
 * The type and the permission bits of an entry, as Go's `fs.FileMode` encodes them. @see
 * https://pkg.go.dev/io/fs#FileMode
 */
const TYPE_BITS = { file: 0, directory: 0x80000000, symlink: 0x08000000 } as const

const SET_USER_ID = 0x00800000
const SET_GROUP_ID = 0x00400000
const STICKY = 0x00100000

/** Go's mode of an entry from Unix permission bits, 0o7777 at most. */
function goFileMode(kind: keyof typeof TYPE_BITS, permissions: number): number {
  const special =
    (permissions & 0o4000 ? SET_USER_ID : 0) |
    (permissions & 0o2000 ? SET_GROUP_ID : 0) |
    (permissions & 0o1000 ? STICKY : 0)
  // Unsigned: the bit of directories is the sign otherwise.
  return (TYPE_BITS[kind] | special | (permissions & 0o777)) >>> 0
}
