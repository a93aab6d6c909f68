import { Duplex, Readable } from 'node:stream'
import { EngineError } from '../../model/errors.js'
import { textOf } from '../../model/json-fields.js'
import { PROGRAM_FAILED } from '../transport/program-stream.js'
import type { Connection } from './connection/connection.js'

/** Bytes before each chunk of output: the stream, three zeros, the length. */
const HEADER = 8
const STANDARD_ERROR = 2

/** Highest length of standard error in a message, in characters. */
const MAX_DIAGNOSTICS = 2000

const JSON_BODY = { 'Content-Type': 'application/json' }

/** Runs a program in a running container, connected to its stdin and stdout. Rejects with HttpStatusError. */
export async function openExec(
  connection: Connection,
  { container, command }: { readonly container: string; readonly command: readonly string[] },
  signal: AbortSignal | undefined,
): Promise<Duplex> {
  const settings = { AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: false, Cmd: command }
  const made = await connection.json({
    method: 'POST',
    path: `/containers/${encodeURIComponent(container)}/exec`,
    headers: JSON_BODY,
    body: Readable.from([JSON.stringify(settings)]),
    signal,
  })
  const id = textOf(made?.['Id'])
  if (id === undefined)
    throw new EngineError('ENGINE_REJECTED', `the engine started no process in container ${container}`)
  const body = JSON.stringify({ Detach: false, Tty: false })
  const raw = await connection.upgrade({ path: `/exec/${id}/start`, protocol: 'tcp', headers: JSON_BODY, body, signal })
  return new ExecStream(raw, `${command.join(' ')} in container ${container}`)
}

/**
 * A program in a container as a stream.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach the framing
 */
class ExecStream extends Duplex {
  readonly #raw: Duplex
  readonly #name: string
  /** Received bytes of the next frame's header. */
  #header: Buffer = Buffer.alloc(0)
  /** Bytes of the frame that have not arrived. */
  #left = 0
  #isError = false
  /** Whether standard output is text: undefined before its first byte. */
  #isText: boolean | undefined
  #diagnostics = ''

  constructor(raw: Duplex, name: string) {
    super()
    this.#raw = raw
    this.#name = name
    raw.on('data', (chunk: Buffer) => this.#receive(chunk))
    raw.once('end', () => this.#end())
    raw.on('error', (error) => this.destroy(error))
  }

  /** Forwards the received part of a frame, which may have up to 4 GB. */
  #receive(chunk: Buffer): void {
    let rest = chunk
    while (rest.byteLength > 0) {
      if (this.#left === 0) {
        const missing = HEADER - this.#header.byteLength
        this.#header = Buffer.concat([this.#header, rest.subarray(0, missing)])
        rest = rest.subarray(missing)
        if (this.#header.byteLength < HEADER) return
        this.#left = this.#header.readUInt32BE(4)
        this.#isError = this.#header[0] === STANDARD_ERROR
        this.#header = Buffer.alloc(0)
      }
      const piece = rest.subarray(0, this.#left)
      this.#left -= piece.byteLength
      rest = rest.subarray(piece.byteLength)
      this.#pass(piece)
    }
  }

  #pass(piece: Buffer): void {
    // HTTP/2 begins with the length of a small frame, whose first byte is 0. Engines report a program that they cannot start as output.
    if (!this.#isError && piece.byteLength > 0) this.#isText ??= piece[0] !== 0
    if (this.#isError || this.#isText)
      this.#diagnostics = (this.#diagnostics + piece.toString()).slice(-MAX_DIAGNOSTICS)
    else if (piece.byteLength > 0 && !this.push(piece)) this.#raw.pause()
  }

  /** A connection of HTTP/2 is ended by this side, so that the end of the program is its failure. */
  #end(): void {
    if (this.writableFinished) return void this.push(null)
    const lastLine = this.#diagnostics.trim().split('\n').at(-1)
    this.destroy(Object.assign(new Error(lastLine || `${this.#name} has ended`), { code: PROGRAM_FAILED }))
  }

  override _read(): void {
    this.#raw.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#raw.write(chunk, done)
  }

  override _final(done: () => void): void {
    this.#raw.end(done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#raw.destroy()
    done(error)
  }
}
