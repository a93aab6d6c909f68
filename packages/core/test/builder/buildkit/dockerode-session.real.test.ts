import { text } from 'node:stream/consumers'
import Docker from 'dockerode'
import { pack } from 'tar-stream'
import { expect, test } from 'vitest'
import { startDebianRegistry } from '../../../../../test/support/debian-registry.js'
import { openBuildKitSession } from '../../../src/builder/buildkit/index.js'
import { pushBase, unheardOf } from '../engines.js'

const password = 'p?>:~~>word'

test('a build that dockerode itself asks for has its logins and secrets', async () => {
  await using registry = await startDebianRegistry({ auth: 'htpasswd', login: { username: 'builder', password } })
  const base = await pushBase(registry, unheardOf())
  const context = pack()
  context.entry(
    { name: 'Dockerfile' },
    `FROM ${base}\nRUN --mount=type=secret,id=token test "$(cat /run/secrets/token)" = s3cret\n`,
  )
  context.finalize()
  const docker = new Docker()
  await using session = await openBuildKitSession(docker, {
    credentials: async (host) => (host === registry.host ? { username: 'builder', password } : undefined),
    secrets: { token: () => Buffer.from('s3cret') },
  })
  // A number: for the text '2' dockerode opens a session of its own.
  const query = { version: 2, session: session.id, nocache: true, networkmode: 'none' }
  const output = await docker.buildImage(context, query as object)
  const told = await text(output)
  expect(told).not.toContain('errorDetail')
  const [image = ''] = /sha256:[a-f0-9]{64}/.exec(told.slice(told.indexOf('moby.image.id'))) ?? []
  await docker.getImage(image).remove()
})

test('an engine that opens no session says why', async () => {
  const nobody = new Docker({ socketPath: '/nowhere/docker.sock' })
  await expect(openBuildKitSession(nobody)).rejects.toMatchObject({ code: 'ENOENT' })
})
