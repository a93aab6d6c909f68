import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { fromImage, pipeline, plan, platform } from '../../src/index.js'
import { type RegistryServer, startRegistry } from '../../src/registry-server/index.js'

const cleanup = new Cleanup()
let server: RegistryServer
let directory: string

beforeAll(async () => {
  directory = cleanup.use(await tempFolder('issues')).path
  server = cleanup.use(await startRegistry({ directory: join(directory, 'registry') }))
})
afterAll(() => cleanup[Symbol.asyncDispose]())

test('issues of a context and a Dockerfile have the path of their pipeline, as those of a definition', async () => {
  const [none, folder] = [{ context: 'nowhere' }, { context: '.', dockerfile: 'Missing' }].map((build, at) =>
    pipeline(`${server.host}/team/app`, { name: `app${at}` })
      .platforms(platform('amd64', { base: fromImage(`${server.host}/base:1`) }))
      .build(build),
  )
  if (none === undefined || folder === undefined) throw new Error('there are two pipelines')
  const planned = plan(none, folder, { directory, engines: ['unix:///nowhere/docker.sock'] })
  await expect(planned).rejects.toMatchObject({
    issues: [
      { path: `pipeline('${server.host}/team/app', { name: 'app0' }).build.context` },
      { path: `pipeline('${server.host}/team/app', { name: 'app1' }).build.dockerfile` },
    ],
  })
})
