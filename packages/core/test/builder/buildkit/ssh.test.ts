import { EventEmitter, once } from 'node:events'
import { Duplex } from 'node:stream'
import { Client, credentials, Metadata, Server, ServerCredentials } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { agentMessage } from '../../../src/builder/buildkit/session/ssh/agent-messages.js'
import { agentOfKeys } from '../../../src/builder/buildkit/session/ssh/key-agent.js'
import { sshService } from '../../../src/builder/buildkit/session/ssh/ssh.js'
import { serveSession } from './session-server.js'

test('an agent that is reached after its step has ended is disconnected', async () => {
  const steps = new EventEmitter()
  const isAsked = once(steps, 'asked')
  const isReached = once(steps, 'reached')
  const agent = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
  const service = sshService({
    default: async () => {
      steps.emit('asked')
      await isReached
      return agent
    },
  })
  const server = new Server()
  for (const { definition, handler } of service) {
    server.addService({ [definition.path]: definition }, { [definition.path]: handler(() => {}) })
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  const [, forwarding] = service
  if (forwarding === undefined) throw new Error('the service forwards')
  const { path, requestSerialize, responseDeserialize } = forwarding.definition
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata())
  call.on('error', () => {})
  try {
    await isAsked
    const isClosed = once(agent, 'close')
    // The server has heard of the end when it has closed the connection.
    client.close()
    call.cancel()
    await new Promise<void>((resolve) => server.tryShutdown(() => resolve()))
    steps.emit('reached')
    await isClosed
    expect(agent.destroyed).toBe(true)
  } finally {
    server.forceShutdown()
  }
})

const ADD = agentMessage(17, Buffer.from('key'))
const FAILURE = agentMessage(5)

test.each([
  ['an agent', recordingAgent],
  ['keys', () => ({ open: agentOfKeys([]), requests: [] })],
])('a step lists the identities of %s, and changes nothing', async (_what, make) => {
  const { open, requests } = make()
  using session = await serveSession(sshService({ default: open }))
  const list = agentMessage(11)
  const sent = [ADD, agentMessage(19), list, agentMessage(22, Buffer.from('lock')), agentMessage(27)]
  const answers = await session.call<{ data: Uint8Array }>(
    'ForwardAgent',
    sent.map((data) => ({ data })),
  )
  const identities = agentMessage(12, Buffer.alloc(4))
  expect(Buffer.concat(answers.map(({ data }) => data))).toEqual(
    Buffer.concat([FAILURE, FAILURE, identities, FAILURE, FAILURE]),
  )
  expect(requests.filter((request) => !request.equals(list))).toEqual([])
})

/** An agent without identities that confirms every other request. */
function recordingAgent() {
  const requests: Buffer[] = []
  const open = async () =>
    new Duplex({
      read() {},
      write(request: Buffer, _encoding, done) {
        requests.push(request)
        this.push(request[4] === 11 ? agentMessage(12, Buffer.alloc(4)) : agentMessage(6))
        done()
      },
      final(done) {
        this.push(null)
        done()
      },
    })
  return { open, requests }
}
