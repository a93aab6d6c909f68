import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

/** Code of the error of a program that ended with a status other than 0. */
export const PROGRAM_FAILED = 'PROGRAM_FAILED'

/** The most of a program's standard error that is kept for a message, in characters. */
const MAX_DIAGNOSTICS = 2000

/** A program whose standard streams are a connection. */
export interface DialProgram {
  readonly command: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
}

/** The standard streams of a program as one connection. It ends with the program, and the program with it. */
export class ProgramStream extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams

  constructor({ command, args, env }: DialProgram) {
    super()
    const child = spawn(command, args, { stdio: 'pipe', env })
    this.#child = child
    let diagnostics = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      diagnostics = (diagnostics + text).slice(-MAX_DIAGNOSTICS)
    })
    child.stdout.on('data', (chunk) => this.push(chunk) || child.stdout.pause())
    // The exit of the program reports why it no longer reads.
    child.stdin.on('error', () => {})
    child.once('error', (error) => this.destroy(error))
    child.once('close', (code) => {
      if (code !== 0) return void this.destroy(failure(command, code, diagnostics))
      // Nothing can be written any more, so the connection is lost for what still waits for an answer.
      this.once('end', () => this.destroy())
      this.push(null)
    })
  }

  override _read(): void {
    this.#child.stdout.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#child.stdin.write(chunk, () => done())
  }

  override _final(done: () => void): void {
    this.#child.stdin.end(done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#child.kill()
    done(error)
  }

  // Called by http.Agent on the sockets that it keeps.
  setKeepAlive(): this {
    return this
  }

  setNoDelay(): this {
    return this
  }

  setTimeout(): this {
    return this
  }

  ref(): this {
    for (const handle of this.#handles()) handle.ref()
    return this
  }

  unref(): this {
    for (const handle of this.#handles()) handle.unref()
    return this
  }

  /** The handles that keep the process alive. The streams of a child are sockets, which its type does not declare. */
  #handles(): readonly { ref(): unknown; unref(): unknown }[] {
    const { stdin, stdout, stderr } = this.#child
    return [this.#child, ...([stdin, stdout, stderr] as unknown as readonly Socket[])]
  }
}

function failure(command: string, status: number | null, diagnostics: string): Error {
  const lastLine = diagnostics.trim().split('\n').at(-1)
  const message = lastLine || `${command} ended with status ${status ?? 'unknown'}`
  return Object.assign(new Error(message), { code: PROGRAM_FAILED })
}
