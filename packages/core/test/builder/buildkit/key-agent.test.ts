import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { describe, expect, it } from 'vitest'
import { runProgram } from '../../../../../test/support/child.js'
import { tempFolder } from '../../../../../test/support/temp-folder.js'
import { agentOfKeys } from '../../../src/builder/buildkit/session/ssh/key-agent.js'

/** Connects OpenSSH's clients to the agent through a socket. */
async function listenAt(path: string, open: ReturnType<typeof agentOfKeys>): Promise<Server & AsyncDisposable> {
  const server = createServer((socket) => {
    const agent = open()
    agent.on('error', () => socket.destroy())
    socket.on('error', () => {})
    socket.pipe(agent).pipe(socket)
  })
  await new Promise<void>((done) => server.listen(path, done))
  return Object.assign(server, { [Symbol.asyncDispose]: async () => void server.close() })
}

describe.each([
  ['ed25519', []],
  ['ecdsa', ['-b', '256']],
  ['ecdsa', ['-b', '384']],
  ['ecdsa', ['-b', '521']],
  ['rsa', ['-b', '2048']],
  ['rsa', ['-b', '2048', '-m', 'PEM']],
])('a key of kind %s %j', (kind, size) => {
  it('is listed and signs, as OpenSSH itself finds', async () => {
    await using folder = await tempFolder('keys')
    const [key, socket, data] = ['key', 'agent.sock', 'data'].map((name) => join(folder.path, name)) as [
      string,
      string,
      string,
    ]
    await runProgram('ssh-keygen', ['-q', '-t', kind, ...size, '-N', '', '-C', 'of a test', '-f', key])
    await using _ = await listenAt(socket, agentOfKeys([await readFile(key)]))
    const env = { ...process.env, SSH_AUTH_SOCK: socket }
    const [type, blob] = (await readFile(`${key}.pub`, 'utf8')).split(' ')
    expect((await runProgram('ssh-add', ['-L'], { env })).stdout).toContain(`${type} ${blob}`)
    // Only the public key is in a file: the agent has to sign, and ssh-add checks that the signature is good.
    await runProgram('ssh-add', ['-T', `${key}.pub`], { env })
    await writeFile(data, 'what is signed')
    const signer = await runProgram('ssh-keygen', ['-Y', 'sign', '-n', 'file', '-f', `${key}.pub`, data], { env })
    expect(signer.stderr).toContain('Write signature')
  })
})

it('rejects encrypted and invalid keys, without any part of them in the error', async () => {
  await using folder = await tempFolder('keys')
  const key = join(folder.path, 'key')
  await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'hunter2', '-f', key])
  const text = await readFile(key, 'utf8')
  expect(() => agentOfKeys([text])).toThrow(/^not a private key that can be used/)
  expect(() => agentOfKeys(['hunter2'])).toThrow(/^not a private key(?!.*hunter2)/)
})

it.each([
  ['an extension that it does not have', Buffer.from([0, 0, 0, 5, 27, 1, 2, 3, 4]), Buffer.from([0, 0, 0, 1, 5])],
  [
    'a request to sign with a key of others',
    Buffer.from([0, 0, 0, 13, 13, ...Array(12).fill(0)]),
    Buffer.from([0, 0, 0, 1, 5]),
  ],
])('rejects %s, and continues', async (_what, request, refusal) => {
  const agent = agentOfKeys([])()
  const answers: Buffer[] = []
  agent.on('data', (chunk: Buffer) => answers.push(chunk))
  // Cut anywhere, as a stream may be.
  for (const byte of [...request, ...request]) agent.write(Buffer.from([byte]))
  agent.end()
  await finished(agent)
  expect(Buffer.concat(answers)).toEqual(Buffer.concat([refusal, refusal]))
})

it.each([
  ['a message without end', Buffer.from([255, 255, 255, 255])],
  ['a request to sign that ends too early', Buffer.from([0, 0, 0, 5, 13, 0, 0, 0, 9])],
])('disconnects a client that sends %s', async (_what, bytes) => {
  const agent = agentOfKeys([])()
  agent.write(bytes)
  await expect(finished(agent)).rejects.toThrow(RangeError)
})
