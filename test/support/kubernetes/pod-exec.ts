import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { WebSocket } from 'ws'

/** Channels of `v5.channel.k8s.io`: the first byte of each message. */
const [STDIN, STDOUT, STDERR, STATUS, CLOSE] = [0, 1, 2, 3, 255]

/** The status of a connection that is complete; kubectl fails without it. */
const NORMAL = 1000

/**
 * Runs a command in a "pod" and connects it with a WebSocket.
 *
 * @param path - the folder of the pod's programs
 * @see https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/4006-transition-spdy-to-websockets
 */
export function runInPod(
  client: WebSocket,
  [command = '', ...args]: readonly string[],
  path: string,
): ChildProcessWithoutNullStreams {
  const child = spawn(command, args, { env: { PATH: `${path}:/usr/bin:/bin` } })
  const send = (channel: number, data: Buffer) => {
    if (client.readyState === WebSocket.OPEN) client.send(Buffer.concat([Buffer.from([channel]), data]))
  }
  const status = (value: object) => send(STATUS as number, Buffer.from(JSON.stringify({ metadata: {}, ...value })))
  client.on('message', (message: Buffer) => {
    if (message[0] === CLOSE) child.stdin.end()
    else if (message[0] === STDIN) child.stdin.write(message.subarray(1))
  })
  client.on('close', () => child.kill())
  child.stdin.on('error', () => {})
  child.stdout.on('data', (data: Buffer) => send(STDOUT as number, data))
  child.stderr.on('data', (data: Buffer) => send(STDERR as number, data))
  child.on('error', (error) => {
    status({ status: 'Failure', message: error.message, reason: 'InternalError' })
    client.close(NORMAL)
  })
  child.on('close', (code) => {
    const causes = [{ reason: 'ExitCode', message: String(code) }]
    status(code === 0 ? { status: 'Success' } : { status: 'Failure', reason: 'NonZeroExitCode', details: { causes } })
    client.close(NORMAL)
  })
  return child
}
