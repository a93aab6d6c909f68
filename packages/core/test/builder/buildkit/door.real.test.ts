import Docker from 'dockerode'
import { expect, test } from 'vitest'
import { startDebianRegistry } from '../../../../../test/support/debian-registry.js'
import { connectBuildKit, memoryDirectory, SolveError, solve } from '../../../src/builder/buildkit/index.js'
import { pushBase, unheardOf } from '../engines.js'

const password = 'p?>:~~>word'

test('a build over a connection of dockerode has its files, logins and secrets', async () => {
  await using registry = await startDebianRegistry({ auth: 'htpasswd', login: { username: 'builder', password } })
  const base = await pushBase(registry, unheardOf())
  const run = 'test "$(cat /run/secrets/token /note)" = "s3cret of a note"'
  const dockerfile = `FROM ${base}\nCOPY note /\nRUN --mount=type=secret,id=token ${run}\n`
  const docker = new Docker()
  await using buildKit = connectBuildKit(docker)
  await using session = await buildKit.openSession({
    directories: {
      context: memoryDirectory({ note: ' of a note' }),
      dockerfile: memoryDirectory({ Dockerfile: dockerfile }),
    },
    credentials: async (host) => (host === registry.host ? { username: 'builder', password } : undefined),
    secrets: { token: () => Buffer.from('s3cret') },
  })
  const request = {
    session: session.id,
    frontend: 'dockerfile.v0',
    frontendAttributes: { platform: 'linux/amd64', 'no-cache': '' },
  }
  const control = await buildKit.control()
  const steps: string[] = []
  const onEvent = (event: { kind: string; name?: string }) => void steps.push(event.name ?? event.kind)
  await solve(control, request, { onEvent })
  expect(steps.join('\n')).toContain('COPY note /')
  expect(session.failures).toEqual([])

  const wrong = { ...request, frontendAttributes: { ...request.frontendAttributes, target: 'none' } }
  await expect(solve(control, wrong, {})).rejects.toBeInstanceOf(SolveError)
})

test('a missing engine is the error of the connection', async () => {
  await using buildKit = connectBuildKit(new Docker({ socketPath: '/nowhere/docker.sock' }))
  await expect(buildKit.control()).rejects.toMatchObject({ code: 'ENOENT' })
})
