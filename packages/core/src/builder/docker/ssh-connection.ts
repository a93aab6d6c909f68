import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { Agent } from 'node:http'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { Endpoint, Environment } from './endpoint.js'

/** Code of the error of a connection that ssh gave up. */
export const SSH_FAILED = 'SSH_FAILED'

/** Seconds that ssh may take to connect. */
const CONNECT_TIMEOUT = 30

/** Seconds after which ssh asks a silent host whether it is still there; it gives up after three of these. */
const ALIVE_INTERVAL = 15

/** The most of what ssh wrote to its standard error that is kept for a message, in characters. */
const MAX_DIAGNOSTICS = 2000

type SshEndpoint = Extract<Endpoint, { kind: 'ssh' }>

/** Arguments of `ssh` that connect its standard streams with the engine's socket on that host. */
export function sshArguments({ destination, port, socket }: SshEndpoint): readonly string[] {
  return [
    '-o',
    `ConnectTimeout=${CONNECT_TIMEOUT}`,
    '-o',
    `ServerAliveInterval=${ALIVE_INTERVAL}`,
    '-T',
    ...(port === undefined ? [] : ['-p', String(port)]),
    '--',
    destination,
    'docker',
    ...(socket === undefined ? [] : ['--host', `unix://${socket}`]),
    'system',
    'dial-stdio',
  ]
}

/** Opens each connection through a process of the system's own ssh, so that its configuration and known hosts hold. */
export class SshAgent extends Agent {
  readonly #endpoint: SshEndpoint
  readonly #env: Environment

  constructor(endpoint: SshEndpoint, env: Environment) {
    super({ keepAlive: true })
    this.#endpoint = endpoint
    this.#env = env
  }

  override createConnection(): Duplex {
    return new SshConnection(this.#endpoint, this.#env)
  }
}

/** The standard streams of one ssh process as a socket. */
class SshConnection extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams

  constructor(endpoint: SshEndpoint, env: Environment) {
    super()
    const child = spawn('ssh', sshArguments(endpoint), { stdio: 'pipe', env })
    this.#child = child
    let diagnostics = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      diagnostics = (diagnostics + text).slice(-MAX_DIAGNOSTICS)
    })
    child.stdout.on('data', (chunk) => this.push(chunk) || child.stdout.pause())
    // That ssh reads no more is told by its end, with a reason.
    child.stdin.on('error', () => {})
    child.once('error', (error) => this.destroy(error))
    child.once('close', (code) => {
      if (code === 0) this.push(null)
      else this.destroy(sshFailure(code, diagnostics))
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

  // What http.Agent calls on the sockets that it keeps.
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

  /** All that would keep the process alive. The streams of a child are sockets, which its type does not tell. */
  #handles(): readonly { ref(): unknown; unref(): unknown }[] {
    const { stdin, stdout, stderr } = this.#child
    return [this.#child, ...([stdin, stdout, stderr] as unknown as readonly Socket[])]
  }
}

function sshFailure(status: number | null, diagnostics: string): Error {
  const lastLine = diagnostics.trim().split('\n').at(-1)
  return Object.assign(new Error(lastLine || `ssh ended with status ${status ?? 'unknown'}`), { code: SSH_FAILED })
}
