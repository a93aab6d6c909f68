import { connect } from 'node:net'
import type { Metadata, ServerDuplexStream } from '@grpc/grpc-js'
import type { SshAgents } from '../port.js'
import { messageTypes, NotInSession, type SessionService, streamMethod, unaryMethod } from './service.js'

/** @see https://github.com/moby/buildkit/blob/v0.13.0/session/sshforward/ssh.proto */
const SCHEMA = `
syntax = "proto3";

message BytesMessage {
  bytes data = 1;
}

message CheckAgentRequest {
  string id = 1;
}

message CheckAgentResponse {
}
`

interface BytesMessage {
  readonly data: Uint8Array
}

/** Metadata that names the agent which a step asked for. */
const ID_KEY = 'buildkit.ssh.id'

/** The agent of a step that names none. */
const DEFAULT_ID = 'default'

/** Joins a step that mounts an ssh agent with that agent's socket on this machine. Keys stay in the agent. */
export function sshService(agents: SshAgents): SessionService {
  const type = messageTypes(SCHEMA)
  const sockets = new Map(Object.entries(agents))
  const socketOf = (id: string) => {
    const path = sockets.get(id || DEFAULT_ID)
    if (path === undefined) throw new NotInSession(`the build has no ssh agent '${id}'`)
    return path
  }
  return [
    unaryMethod(
      '/moby.sshforward.v1.SSH/CheckAgent',
      { request: type('CheckAgentRequest'), answer: type('CheckAgentResponse') },
      ({ id }: { id: string }) => {
        socketOf(id)
        return {}
      },
    ),
    streamMethod<BytesMessage>('/moby.sshforward.v1.SSH/ForwardAgent', type('BytesMessage'), (call) => {
      try {
        forward(call, socketOf(idOf(call.metadata)))
      } catch (error) {
        call.destroy(error as Error)
      }
    }),
  ]
}

function idOf(metadata: Metadata): string {
  return metadata.get(ID_KEY)[0]?.toString() ?? DEFAULT_ID
}

/** Agents exchange a few small messages, one after another, so that nothing has to wait for a slow reader. */
function forward(call: ServerDuplexStream<BytesMessage, BytesMessage>, socketPath: string): void {
  const socket = connect(socketPath)
  call.on('data', ({ data }: BytesMessage) => socket.write(data))
  call.once('end', () => socket.end())
  call.once('cancelled', () => socket.destroy())
  socket.on('data', (data) => call.write({ data }))
  socket.once('error', (error) => call.destroy(error))
  socket.once('close', () => call.end())
}
