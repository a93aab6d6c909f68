import { Agent } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Environment } from '../../../host/environment.js'
import { ProgramStream } from '../../transport/program-stream.js'
import type { Endpoint } from './endpoint.js'

/** Seconds that ssh may take to connect. */
const CONNECT_TIMEOUT = 30

/** Seconds after which ssh checks whether a silent host is alive; it gives up after three checks. */
const ALIVE_INTERVAL = 15

type SshEndpoint = Extract<Endpoint, { kind: 'ssh' }>

/** The command on the other host that connects its standard streams with the engine's socket. */
function dialEngine({ socket }: SshEndpoint): readonly string[] {
  return ['docker', ...(socket === undefined ? [] : ['--host', `unix://${socket}`]), 'system', 'dial-stdio']
}

/** Arguments of `ssh` that run a command on that host, by default the one that connects with its engine. */
export function sshArguments(endpoint: SshEndpoint, command = dialEngine(endpoint)): readonly string[] {
  const { destination, port } = endpoint
  return [
    '-o',
    `ConnectTimeout=${CONNECT_TIMEOUT}`,
    '-o',
    `ServerAliveInterval=${ALIVE_INTERVAL}`,
    '-T',
    ...(port === undefined ? [] : ['-p', String(port)]),
    '--',
    destination,
    ...command,
  ]
}

/** Opens each connection through a process of the system's own ssh, so that its configuration and known hosts apply. */
export class SshAgent extends Agent {
  readonly #endpoint: SshEndpoint
  readonly #env: Environment

  constructor(endpoint: SshEndpoint, env: Environment) {
    super({ keepAlive: true })
    this.#endpoint = endpoint
    this.#env = env
  }

  override createConnection(): Duplex {
    return openSsh(this.#endpoint, this.#env)
  }
}

/** Opens a connection to the engine on the other host. */
export function openSsh(endpoint: SshEndpoint, env: Environment): Duplex {
  return new ProgramStream({ command: 'ssh', args: sshArguments(endpoint), env })
}
