import { Duplex } from 'node:stream'
import { AGENT, AgentMessages, agentMessage, agentString } from './agent-messages.js'

/**
 * Wraps a connection to an ssh agent so that a build step can list identities and request signatures, and nothing else.
 * Every other request (adding and removing keys, locking, extensions) is answered with a failure and does not reach the
 * agent. Requests are answered one after another.
 */
export function restrictAgent(agent: Duplex): Duplex {
  const requests = new AgentMessages()
  const exchange = exchangeWith(agent)
  let resume = () => {}
  const filter = new Duplex({
    read: () => resume(),
    write(chunk: Buffer, _encoding, done) {
      const answerAll = async () => {
        for (const request of requests.add(chunk)) {
          const answer = isAllowed(request) ? await exchange(request) : agentMessage(AGENT.failure)
          // Limits memory if a step sends requests and reads no responses.
          const isRead = new Promise<void>((resolve) => {
            resume = resolve
          })
          if (!this.push(answer)) await isRead
        }
      }
      answerAll().then(() => done(), done)
    },
    final(done) {
      agent.end(done)
    },
    destroy(error, done) {
      resume()
      agent.destroy()
      done(error)
    },
  })
  agent.once('error', (error) => filter.destroy(error))
  agent.once('close', () => filter.destroy())
  return filter
}

function isAllowed(request: Buffer): boolean {
  if (request[0] === AGENT.requestIdentities) return request.length === 1
  return request[0] === AGENT.sign
}

/** Sends one request and waits for its answer. */
function exchangeWith(agent: Duplex): (request: Buffer) => Promise<Buffer> {
  const answers = new AgentMessages()
  let onAnswer = (_answer: Buffer) => {}
  agent.on('data', (chunk: Buffer) => {
    try {
      for (const answer of answers.add(chunk)) onAnswer(agentString(answer))
    } catch (error) {
      agent.destroy(error as Error)
    }
  })
  return (request) =>
    new Promise((resolve) => {
      onAnswer = resolve
      agent.write(agentString(request))
    })
}
