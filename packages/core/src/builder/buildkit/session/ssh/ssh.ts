import type { Duplex } from 'node:stream'
import type { Metadata, ServerDuplexStream } from '@grpc/grpc-js'
import { bytesMessage } from '../../grpc/duplex.js'
import { type Decoded, field, message } from '../../grpc/messages.js'
import type { SshAgents } from '../../options.js'
import { failCall, NotInSession, type SessionService, streamMethod, unaryMethod } from '../service.js'
import { restrictAgent } from './agent-filter.js'

/** @see https://github.com/moby/buildkit/blob/v0.13.0/session/sshforward/ssh.proto */
const checkAgent = {
  request: message('CheckAgentRequest', { id: field('string', 1) }),
  answer: message('CheckAgentResponse', {}),
}

const forwardAgent = { request: bytesMessage, answer: bytesMessage }

type Bytes = Decoded<typeof bytesMessage>

/** Metadata with the id of the agent that a step requested. */
const ID_KEY = 'buildkit.ssh.id'

/** The agent of a step that names none. */
const DEFAULT_ID = 'default'

/**
 * Connects a step that mounts an ssh agent with that agent on this machine. A step can list identities and request
 * signatures; it cannot change the agent.
 */
export function sshService(agents: SshAgents): SessionService {
  const byId = new Map(Object.entries(agents))
  const agentOf = (id: string) => {
    const open = byId.get(id || DEFAULT_ID)
    if (open === undefined) throw new NotInSession(`the build has no ssh agent '${id}'`)
    return open
  }
  return [
    unaryMethod('/moby.sshforward.v1.SSH/CheckAgent', checkAgent, ({ id }) => {
      agentOf(id)
      return {}
    }),
    streamMethod('/moby.sshforward.v1.SSH/ForwardAgent', forwardAgent, async (call) => {
      forward(call, restrictAgent(await agentOf(idOf(call.metadata))()))
    }),
  ]
}

function idOf(metadata: Metadata): string {
  return metadata.get(ID_KEY)[0]?.toString() ?? DEFAULT_ID
}

/** With back pressure: a step may send without end, or never read. */
function forward(call: ServerDuplexStream<Bytes, Bytes>, agent: Duplex): void {
  // The step may end while the agent is being contacted; its event is emitted only once.
  if (call.cancelled) return void agent.destroy()
  call.on('data', ({ data }: Bytes) => {
    if (!agent.write(data)) call.pause()
  })
  agent.on('drain', () => call.resume())
  call.once('end', () => agent.end())
  call.once('cancelled', () => agent.destroy())
  agent.on('data', (data) => {
    if (!call.write({ data })) agent.pause()
  })
  call.on('drain', () => agent.resume())
  agent.once('error', (error) => failCall(call, error))
  agent.once('close', () => call.end())
}
