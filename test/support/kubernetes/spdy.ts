import { Duplex } from 'node:stream'
import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib'
import { SPDY_DICTIONARY } from './spdy-dictionary.js'

const [SYN_STREAM, SYN_REPLY, RST_STREAM, PING, GOAWAY] = [1, 2, 3, 6, 7]
const FIN = 1
const HEADER_SIZE = 8

interface Frame {
  /** Undefined for data. */
  readonly type: number | undefined
  readonly stream: number
  readonly isLast: boolean
  readonly body: Buffer
}

/**
 * The server of a SPDY/3.1 connection as Kubernetes uses it: without flow control, which its clients lack.
 *
 * @see https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/
 */
export async function serveSpdy(
  socket: Duplex,
  head: Buffer,
  onStream: (headers: ReadonlyMap<string, string>, stream: Duplex) => void,
): Promise<void> {
  const inflate = createInflate({ dictionary: SPDY_DICTIONARY, finishFlush: constants.Z_SYNC_FLUSH })
  const deflate = createDeflate({ dictionary: SPDY_DICTIONARY })
  const streams = new Map<number, Duplex>()
  const send = (bytes: Buffer) => void (socket.writable && socket.write(bytes))
  for await (const { type, stream, isLast, body } of framesOf(socket, head)) {
    if (type === SYN_STREAM) {
      const headers = headersOf(await flushed(inflate, body.subarray(10)))
      const opened = openStream(stream, send)
      streams.set(stream, opened)
      send(control(SYN_REPLY as number, [uint32(stream), await flushed(deflate, uint32(0))]))
      onStream(headers, opened)
    }
    if (type === undefined && body.length > 0) streams.get(stream)?.push(body)
    if (isLast && (type === undefined || type === SYN_STREAM)) streams.get(stream)?.push(null)
    if (type === RST_STREAM) streams.get(stream)?.destroy()
    if (type === PING) send(control(PING as number, [body]))
    if (type === GOAWAY) break
  }
  for (const one of streams.values()) one.destroy()
}

function openStream(id: number, send: (bytes: Buffer) => void): Duplex {
  return new Duplex({
    read() {},
    write(data: Buffer, _encoding, done) {
      send(frame(uint32(id), 0, data))
      done()
    },
    final(done) {
      send(frame(uint32(id), FIN, Buffer.alloc(0)))
      done()
    },
  })
}

async function* framesOf(socket: Duplex, head: Buffer): AsyncGenerator<Frame> {
  let waiting = head
  const take = function* (): Generator<Frame> {
    while (waiting.length >= HEADER_SIZE) {
      const end = HEADER_SIZE + (waiting.readUInt32BE(4) & 0xff_ff_ff)
      if (waiting.length < end) return
      const isControl = (waiting.readUInt8(0) & 0x80) !== 0
      const body = waiting.subarray(HEADER_SIZE, end)
      const stream = isControl ? (body.length < 4 ? 0 : body.readUInt32BE(0)) : waiting.readUInt32BE(0)
      const isLast = (waiting.readUInt8(4) & FIN) !== 0
      yield { type: isControl ? waiting.readUInt16BE(2) : undefined, stream, isLast, body }
      waiting = waiting.subarray(end)
    }
  }
  yield* take()
  for await (const chunk of socket) {
    waiting = Buffer.concat([waiting, chunk as Buffer])
    yield* take()
  }
}

function headersOf(block: Buffer): ReadonlyMap<string, string> {
  const texts: string[] = []
  for (let at = 4; at < block.length; ) {
    const end = at + 4 + block.readUInt32BE(at)
    texts.push(block.toString('utf8', at + 4, end))
    at = end
  }
  return new Map(texts.flatMap((name, at) => (at % 2 === 0 ? [[name, texts[at + 1] ?? ''] as const] : [])))
}

/** Passes bytes through the compression that all headers of a connection share. */
async function flushed(codec: Deflate | Inflate, bytes: Buffer): Promise<Buffer> {
  const chunks: Buffer[] = []
  const collect = (chunk: Buffer) => void chunks.push(chunk)
  codec.on('data', collect)
  await new Promise<void>((done) => codec.write(bytes, () => codec.flush(constants.Z_SYNC_FLUSH, done)))
  codec.off('data', collect)
  return Buffer.concat(chunks)
}

function control(type: number, body: readonly Buffer[]): Buffer {
  return frame(uint32(0x80_03_00_00 + type), 0, Buffer.concat(body))
}

function frame(start: Buffer, flags: number, body: Buffer): Buffer {
  return Buffer.concat([start, uint32(flags * 0x1_00_00_00 + body.length), body])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
