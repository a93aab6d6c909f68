import type { Duplex } from 'node:stream'
import type { Environment } from '../../host/environment.js'
import { EngineError } from '../../model/errors.js'
import { isLoopback } from '../../model/loopback.js'
import { type Endpoint, parseEndpoint, resolveEndpoint } from '../docker/connection/endpoint.js'
import { sshArguments } from '../docker/connection/ssh-connection.js'
import { kubeconfigHint, kubeconfigOf } from '../kubernetes/kubectl.js'
import { execArguments, isPodAddress, parsePodAddress } from '../kubernetes/pod-address.js'
import type { ResolvedBuilder } from '../options.js'
import { openSocket } from '../transport/open-socket.js'
import { ProgramStream } from '../transport/program-stream.js'
import { readTlsFiles, type TlsMaterial } from '../transport/tls-material.js'

/** Address of a remote BuildKit, with the function that opens connections to it. */
export interface RemoteAddress {
  /** For people. */
  readonly address: string
  /** Whether it is on another machine, by its address alone: a loopback address means another one there. */
  readonly isElsewhere: boolean
  /** The hint if the program that connects fails, if there is a better one than for all programs. */
  readonly hint?: string
  open(signal: AbortSignal | undefined): Promise<Duplex>
}

/** The context may be an address too, escaped as URLs have it. */
const CONTAINER = /^(docker|podman)-container:\/\/(\w[\w.-]*)(?:\?context=((?:[\w.+:@-]|%[\da-f]{2})+))?$/i

/** The command that connects its standard streams with the buildkitd of its machine. */
const DIAL_STDIO = ['buildctl', 'dial-stdio'] as const

/** The port of BuildKit's own examples. */
const DEFAULT_PORT = 1234

/** Resolves the address of a BuildKit. @throws ENGINE_UNREACHABLE if an address is malformed or certificates are missing. */
export async function resolveRemote({ host, command, certificates, env }: ResolvedBuilder): Promise<RemoteAddress> {
  if (command !== undefined) return throughProgram(command.join(' '), command, env)
  const address = host || env['BUILDKIT_HOST'] || ''
  if (isPodAddress(address)) {
    const program = ['kubectl', ...execArguments(parsePodAddress(address), DIAL_STDIO)] as const
    const hint = `${kubeconfigHint(kubeconfigOf(program, env))}; the container must have buildctl and a running buildkitd`
    return { ...throughProgram(address, program, env), isElsewhere: true, hint }
  }
  const [, kind, container, context] = CONTAINER.exec(address) ?? []
  if (kind === 'podman' && container !== undefined && context === undefined) {
    return throughProgram(address, ['podman', 'exec', '--interactive', container, ...DIAL_STDIO], env)
  }
  if (kind === 'docker' && container !== undefined) {
    return throughContainer(address, { container, context: context && unescaped(context), env })
  }
  const tls = certificates === undefined ? undefined : { ...(await readTlsFiles(certificates)), verify: true }
  return throughEndpoint(address, parseBuildKitAddress(address, tls), env)
}

function throughProgram(
  address: string,
  [command, ...args]: readonly [string, ...string[]],
  env: Environment,
): RemoteAddress {
  return { address, isElsewhere: false, open: async () => new ProgramStream({ command, args, env }) }
}

function throughContainer(
  address: string,
  {
    container,
    context,
    env,
  }: { readonly container: string; readonly context: string | undefined; readonly env: Environment },
): RemoteAddress {
  return {
    address,
    isElsewhere: false,
    async open(signal) {
      const [{ Connection }, { openExec }, endpoint] = await Promise.all([
        import('../docker/connection/connection.js'),
        import('../docker/container-exec.js'),
        resolveEndpoint({ host: context, env }),
      ])
      const connection = new Connection(endpoint, env)
      const stream = await openExec(connection, { container, command: DIAL_STDIO }, signal)
      stream.once('close', () => void connection[Symbol.asyncDispose]())
      return stream
    },
  }
}

function throughEndpoint(address: string, endpoint: Endpoint, env: Environment): RemoteAddress {
  if (endpoint.kind !== 'ssh') {
    const isElsewhere = endpoint.kind === 'tcp' && !isLoopback(urlHost(endpoint.host))
    return { address, isElsewhere, open: (signal) => openSocket(endpoint, signal) }
  }
  const { socket } = endpoint
  const remote = socket === undefined ? DIAL_STDIO : [DIAL_STDIO[0], '--addr', `unix://${socket}`, DIAL_STDIO[1]]
  const open = async () => new ProgramStream({ command: 'ssh', args: sshArguments(endpoint, remote), env })
  return { address, isElsewhere: true, open }
}

/** URLSearchParams takes a plus sign for a space. */
function unescaped(text: string): string | undefined {
  return new URLSearchParams(`text=${text.replaceAll('+', '%2B')}`).get('text') ?? undefined
}

/** A host as URLs have it: addresses of IPv6 in brackets. */
function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/** `buildkit+unix://`, `buildkit+tcp://` and `buildkit+ssh://`; in BUILDKIT_HOST without the prefix. */
function parseBuildKitAddress(address: string, tls: TlsMaterial | undefined): Endpoint {
  const plain = address.replace(/^buildkit\+/, '')
  if (!/^(?:unix|npipe|tcp|ssh):\/\/./.test(plain)) {
    throw new EngineError('ENGINE_UNREACHABLE', `BuildKit address '${address}' is not valid`, {
      hint: 'use buildkit+unix:///run/buildkit/buildkitd.sock, buildkit+tcp://host:1234, buildkit+ssh://user@host, docker-container://NAME, podman-container://NAME or kube-pod://POD',
    })
  }
  const endpoint = parseEndpoint(plain, tls)
  const hasPort = endpoint.kind !== 'tcp' || new URL(plain).port !== ''
  return hasPort ? endpoint : { ...endpoint, port: DEFAULT_PORT }
}
