import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { type Duplex, PassThrough } from 'node:stream'
import { finished } from 'node:stream/promises'
import { WebSocket } from 'ws'
import { serveSpdy } from './spdy.js'

/** Channels of `v5.channel.k8s.io`: the first byte of each message. */
const [STDIN, STDOUT, STDERR, STATUS, CLOSE] = [0, 1, 2, 3, 255]

/** The status of a connection that is complete; kubectl fails without it. */
const NORMAL = 1000

/** Starts a command in a "pod", with the folder of the pod's programs. */
export function spawnInPod([command = '', ...args]: readonly string[], path: string): ChildProcessWithoutNullStreams {
  const child = spawn(command, args, { env: { PATH: `${path}:/usr/bin:/bin` } })
  child.stdin.on('error', () => {})
  return child
}

/**
 * Connects a command with a WebSocket.
 *
 * @see https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/4006-transition-spdy-to-websockets
 */
export function connectWebSocket(client: WebSocket, child: ChildProcessWithoutNullStreams): void {
  const send = (channel: number, data: Buffer) => {
    if (client.readyState === WebSocket.OPEN) client.send(Buffer.concat([Buffer.from([channel]), data]))
  }
  client.on('message', (message: Buffer) => {
    if (message[0] === CLOSE) child.stdin.end()
    else if (message[0] === STDIN) child.stdin.write(message.subarray(1))
  })
  client.on('close', () => child.kill())
  child.stdout.on('data', (data: Buffer) => send(STDOUT as number, data))
  child.stderr.on('data', (data: Buffer) => send(STDERR as number, data))
  onStatus(child, (status) => {
    send(STATUS as number, Buffer.from(status))
    client.close(NORMAL)
  })
}

/** Connects a command with the streams of a SPDY connection by `v4.channel.k8s.io`, which older `kubectl` use. */
export async function connectSpdy(socket: Duplex, head: Buffer, child: ChildProcessWithoutNullStreams): Promise<void> {
  // Node drops what nobody reads of a command that has ended, and the client opens its streams one after the other.
  const outputs = { stdout: child.stdout.pipe(new PassThrough()), stderr: child.stderr.pipe(new PassThrough()) }
  const status = new Promise<string>((resolve) => onStatus(child, resolve))
  const written = Object.values(outputs).map((output) => finished(output))
  socket.once('close', () => child.kill())
  await serveSpdy(socket, head, (headers, stream) => {
    const type = headers.get('streamtype')
    if (type === 'stdin') stream.pipe(child.stdin)
    if (type === 'stdout' || type === 'stderr') outputs[type].pipe(stream)
    if (type !== 'error') return
    void Promise.all([status, ...written]).then(([text]) => {
      stream.end(text)
      socket.end()
    })
  })
}

/** Calls back with the `Status` of a command that has ended. */
function onStatus(child: ChildProcessWithoutNullStreams, report: (status: string) => void): void {
  const write = (value: object) => report(JSON.stringify({ metadata: {}, ...value }))
  child.on('error', (error) => write({ status: 'Failure', message: error.message, reason: 'InternalError' }))
  child.on('close', (code) => {
    const causes = [{ reason: 'ExitCode', message: String(code) }]
    write(code === 0 ? { status: 'Success' } : { status: 'Failure', reason: 'NonZeroExitCode', details: { causes } })
  })
}
