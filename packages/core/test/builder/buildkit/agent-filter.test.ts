import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { expect, it } from 'vitest'
import { runProgram, startProgram } from '../../../../../test/support/child.js'
import { tempFolder } from '../../../../../test/support/temp-folder.js'
import { restrictAgent } from '../../../src/builder/buildkit/session/ssh/agent-filter.js'
import { agentMessage } from '../../../src/builder/buildkit/session/ssh/agent-messages.js'

/** Requests that change an agent, by number. @see https://datatracker.ietf.org/doc/html/draft-ietf-sshm-ssh-agent */
const CHANGES = {
  add: 17,
  remove: 18,
  removeAll: 19,
  addCard: 20,
  removeCard: 21,
  lock: 22,
  unlock: 23,
  addConstrained: 25,
}
const FAILURE = agentMessage(5)

it('a step lists and signs with the keys of OpenSSH’s agent, and changes nothing in it', async () => {
  await using folder = await tempFolder('keys')
  const at = (name: string) => join(folder.path, name)
  const real = { ...process.env, SSH_AUTH_SOCK: at('real.sock') }
  const step = { ...process.env, SSH_AUTH_SOCK: at('step.sock') }
  await using _agent = await startProgram({
    command: 'ssh-agent',
    args: ['-D', '-a', at('real.sock')],
    readyLine: (line) => (line.startsWith('SSH_AUTH_SOCK=') ? line : undefined),
  })
  for (const name of ['own', 'other']) {
    await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)])
  }
  await runProgram('ssh-add', ['-q', at('own')], { env: real })
  const server = createServer((socket) => {
    const agent = restrictAgent(connect(at('real.sock')))
    for (const stream of [socket, agent]) stream.on('error', () => {})
    socket.pipe(agent).pipe(socket)
  })
  server.listen(at('step.sock'))
  await once(server, 'listening')
  try {
    const key = (await readFile(at('own.pub'), 'utf8')).trim()
    expect((await runProgram('ssh-add', ['-L'], { env: step })).stdout.trim()).toBe(key)
    await runProgram('ssh-add', ['-T', at('own.pub')], { env: step })
    for (const change of [['-D'], ['-d', at('own')], [at('other')]]) {
      await expect(runProgram('ssh-add', change, { env: step })).rejects.toThrow()
    }
    const socket = connect(at('step.sock'))
    for (const kind of Object.values(CHANGES)) {
      socket.write(agentMessage(kind, Buffer.from('\u0000\u0000\u0000\u0001x')))
      const [answer] = await once(socket, 'data')
      expect(answer).toEqual(FAILURE)
    }
    socket.destroy()
    expect((await runProgram('ssh-add', ['-L'], { env: real })).stdout.trim()).toBe(key)
  } finally {
    server.close()
  }
})

/** An agent that answers each request with its own bytes. */
function echoAgent(): { readonly agent: Duplex; readonly requests: Buffer[] } {
  const requests: Buffer[] = []
  const agent = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      requests.push(chunk)
      setTimeout(() => this.push(chunk), 1)
      done()
    },
    final(done) {
      this.push(null)
      done()
    },
  })
  return { agent, requests }
}

it('answers in the order of the requests, in chunks of any size', async () => {
  const { agent, requests } = echoAgent()
  const filter = restrictAgent(agent)
  const sign = agentMessage(13, Buffer.from('signed'))
  const sent = [agentMessage(11), agentMessage(19), sign, agentMessage(27), agentMessage(11, Buffer.from('more'))]
  const answers: Buffer[] = []
  filter.on('data', (chunk: Buffer) => answers.push(chunk))
  for (const byte of Buffer.concat(sent)) filter.write(Buffer.from([byte]))
  filter.end()
  await once(filter, 'close')
  expect(Buffer.concat(answers)).toEqual(Buffer.concat([agentMessage(11), FAILURE, sign, FAILURE, FAILURE]))
  expect(Buffer.concat(requests)).toEqual(Buffer.concat([agentMessage(11), sign]))
})

it('waits for a step that reads no answers', async () => {
  const { agent, requests } = echoAgent()
  const filter = restrictAgent(agent)
  const request = agentMessage(13, Buffer.alloc(10_000))
  let written = 0
  while (filter.write(request)) written += 1
  for (let index = 0; index < 50; index++) filter.write(request)
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(requests.length).toBeLessThan(20)
  filter.resume()
  await expect.poll(() => requests.length).toBe(written + 51)
  filter.destroy()
  expect(agent.destroyed).toBe(true)
})

it('ends with the agent', async () => {
  const { agent } = echoAgent()
  const filter = restrictAgent(agent)
  const failed = once(filter, 'error')
  agent.destroy(new Error('the agent is gone'))
  expect(String(await failed)).toContain('the agent is gone')
  const other = echoAgent().agent
  const closed = once(restrictAgent(other), 'close')
  other.destroy()
  await closed
})
