import { Duplex } from 'node:stream'
import { AGENT, AgentMessages, AgentReader, agentMessage, agentNumber, agentString } from './agent-messages.js'
import { parsePrivateKey, type SshKey } from './ssh-key.js'

/**
 * Creates an ssh agent in this process for the given private keys: PEM or OpenSSH texts without a passphrase.
 * It lists the keys and signs with them. It never returns a private key, and accepts no further ones.
 *
 * @throws Error if a text is not a usable private key.
 * @example
 * ```ts
 * const agent = agentOfKeys([await readFile('deploy.key')])
 * ```
 */
export function agentOfKeys(texts: readonly (string | Uint8Array)[]): () => Duplex {
  const keys = texts.map((text) => parsePrivateKey(text))
  return () => agentConnection(keys)
}

function agentConnection(keys: readonly SshKey[]): Duplex {
  const messages = new AgentMessages()
  return new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      try {
        for (const message of messages.add(chunk)) this.push(answer(message, keys))
        done()
      } catch (error) {
        done(error as Error)
      }
    },
    final(done) {
      this.push(null)
      done()
    },
  })
}

/** Rejects unknown messages with SSH_AGENT_FAILURE, as agents do; the client continues. */
function answer(message: Buffer, keys: readonly SshKey[]): Buffer {
  switch (message[0]) {
    case AGENT.requestIdentities: {
      const list = keys.flatMap(({ publicBlob, comment }) => [agentString(publicBlob), agentString(comment)])
      return agentMessage(AGENT.identities, agentNumber(keys.length), ...list)
    }
    case AGENT.sign: {
      const reader = new AgentReader(message.subarray(1))
      const [blob, data, flags] = [reader.string(), reader.string(), reader.number()]
      const signature = keys.find(({ publicBlob }) => publicBlob.equals(blob))?.sign(data, flags)
      return signature ? agentMessage(AGENT.signature, agentString(signature)) : agentMessage(AGENT.failure)
    }
    default:
      return agentMessage(AGENT.failure)
  }
}
