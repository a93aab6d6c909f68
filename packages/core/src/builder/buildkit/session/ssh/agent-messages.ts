import { LIMITS } from '../../../../model/limits.js'
/** Numbers of the supported messages. @see https://datatracker.ietf.org/doc/html/draft-ietf-sshm-ssh-agent */
export const AGENT = { failure: 5, requestIdentities: 11, identities: 12, sign: 13, signature: 14 } as const

/** Flags with the hash of a signature by an RSA key. */
export const RSA_HASHES: ReadonlyMap<number, { readonly name: string; readonly hash: string }> = new Map([
  [0, { name: 'ssh-rsa', hash: 'sha1' }],
  [2, { name: 'rsa-sha2-256', hash: 'sha256' }],
  [4, { name: 'rsa-sha2-512', hash: 'sha512' }],
])

/** Bytes of the length before a message. */
const LENGTH_SIZE = 4

/** A string of the protocol: its length, then its bytes. */
export function agentString(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([agentNumber(bytes.length), bytes])
}

/** A number of the protocol. */
export function agentNumber(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** Encodes a message: length, type and content. */
export function agentMessage(kind: number, ...parts: readonly Buffer[]): Buffer {
  return agentString(Buffer.concat([Buffer.from([kind]), ...parts]))
}

/** Splits a stream of bytes into messages. */
export class AgentMessages {
  #pending: Buffer[] = []
  #size = 0
  /** Bytes that are needed for the next step. */
  #needed = LENGTH_SIZE

  /** The complete messages, without their lengths. @throws RangeError if one is too long. */
  add(chunk: Uint8Array): readonly Buffer[] {
    this.#pending.push(Buffer.from(chunk))
    this.#size += chunk.length
    // Joined only when complete, so that bytes are not copied repeatedly.
    if (this.#size < this.#needed) return []
    let rest = Buffer.concat(this.#pending)
    const messages: Buffer[] = []
    this.#needed = neededSize(rest)
    while (rest.length >= this.#needed) {
      messages.push(rest.subarray(LENGTH_SIZE, this.#needed))
      rest = rest.subarray(this.#needed)
      this.#needed = neededSize(rest)
    }
    this.#pending = [rest]
    this.#size = rest.length
    return messages
  }
}

/** The size of the first message with its length, or of the length if that is incomplete. */
function neededSize(bytes: Buffer): number {
  if (bytes.length < LENGTH_SIZE) return LENGTH_SIZE
  const length = bytes.readUInt32BE()
  if (length > LIMITS.agentMessage) throw new RangeError('a message to an ssh agent is too long')
  return LENGTH_SIZE + length
}

/** Reads strings and a number one after another. @throws RangeError if they end too early. */
export class AgentReader {
  #rest: Buffer

  constructor(bytes: Buffer) {
    this.#rest = bytes
  }

  number(): number {
    const value = this.#rest.readUInt32BE()
    this.#rest = this.#rest.subarray(4)
    return value
  }

  string(): Buffer {
    const length = this.number()
    if (length > this.#rest.length) throw new RangeError('a message to an ssh agent ends too early')
    const value = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return value
  }
}
