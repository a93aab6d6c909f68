import { createHash, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runProgram, startProgram } from '../../../../../test/support/child.js'
import { programFiles } from '../../../../../test/support/program-files.js'
import { tempFolder } from '../../../../../test/support/temp-folder.js'
import { agentSocket } from '../../../src/builder/buildkit/session/ssh/agent-socket.js'
import { connectBuilder } from '../../../src/builder/connect.js'
import { buildFor, buildOnce, ENGINES, printed, setUpEngine } from '../engines.js'

describe.each(ENGINES)('%s', (name) => {
  const place = setUpEngine(name)
  const buildHere = buildFor(() => place.registry.host)

  async function buildAndPrint(request: ReturnType<typeof buildHere>): Promise<string> {
    await using engine = connectBuilder({ host: place.host, env: process.env })
    return printed(await buildOnce(engine, request))
  }

  test('a secret is read by the step that mounts it, as bytes, and only when it does', async () => {
    const secret = Buffer.from([0, 255, 10, 128, ...Buffer.from(randomUUID())])
    const reads: string[] = []
    const request = buildHere(`FROM ${place.base}\nRUN --mount=type=secret,id=token sha256sum < /run/secrets/token\n`, {
      noCache: true,
      secrets: {
        token: () => {
          reads.push('token')
          return secret
        },
        other: () => {
          reads.push('other')
          return secret
        },
      },
    })
    const output = await buildAndPrint(request)
    expect(output).toContain(createHash('sha256').update(secret).digest('hex'))
    expect(reads).toEqual(['token'])
  })

  test('a secret that the build was not given is not found', async () => {
    const dockerfile = `FROM ${place.base}\nRUN --mount=type=secret,id=token,required=true true\n`
    await using engine = connectBuilder({ host: place.host, env: process.env })
    const request = buildHere(dockerfile, { noCache: true, secrets: { other: () => Buffer.from('x') } })
    await expect(engine.build(request)).rejects.toMatchObject({ code: 'BUILD_FAILED' })
    await expect(engine.build(buildHere(dockerfile, { noCache: true }))).rejects.toMatchObject({ code: 'BUILD_FAILED' })
  })

  test('a step that mounts an ssh agent can list its keys', async () => {
    await using folder = await tempFolder('agent')
    const [socket, key] = [join(folder.path, 'agent.sock'), join(folder.path, 'key')]
    await using _ = await startProgram({ command: 'ssh-agent', args: ['-D', '-a', socket], readyLine: () => true })
    await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'a key of a test', '-f', key])
    await runProgram('ssh-add', ['-q', key], { env: { ...process.env, SSH_AUTH_SOCK: socket } })
    const request = buildHere(
      `FROM ${place.base}\nCOPY tools /\nENV PATH=/bin:/usr/bin\nRUN --mount=type=ssh,id=mine ssh-add -L\n`,
      {
        noCache: true,
        files: prefixed(await programFiles('/usr/bin/ssh-add'), 'tools/'),
        ssh: { mine: agentSocket(socket) },
      },
    )
    const publicKey = await readFile(`${key}.pub`, 'utf8')
    expect(await buildAndPrint(request)).toContain(publicKey.trim())
  })

  test('an ssh agent that the build was not given fails the step', async () => {
    await using engine = connectBuilder({ host: place.host, env: process.env })
    const dockerfile = `FROM ${place.base}\nRUN --mount=type=ssh,required=true true\n`
    const request = buildHere(dockerfile, { noCache: true, ssh: { mine: agentSocket('/nonexistent.sock') } })
    await expect(engine.build(request)).rejects.toMatchObject({ code: 'BUILD_FAILED' })
  })
})

function prefixed(files: Readonly<Record<string, Buffer>>, prefix: string): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(files).map(([path, content]) => [prefix + path, content]))
}
