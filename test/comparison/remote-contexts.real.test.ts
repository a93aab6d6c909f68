import { once } from 'node:events'
import { chmod, mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pack } from 'tar-fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BuildOptions, execute, fromImage, pipeline, platform } from '../../packages/core/src/index.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { ENGINES, engineHost } from '../../packages/core/test/builder/engines.js'
import { startGitServer } from '../../packages/core/test/context/git-server.js'
import { AMD64, pushBase } from '../pipeline/project.js'
import { runBuildx } from '../support/buildx.js'
import { runProgram } from '../support/child.js'
import { Cleanup } from '../support/cleanup.js'
import { tempFolder } from '../support/temp-folder.js'
import { type ImageContent, imageContent } from './image-content.js'

const DOCKERFILE = `ARG BASE_IMAGE
FROM \${BASE_IMAGE}
COPY . /all/
COPY --chmod=700 bin /bin-only/
COPY link /link
RUN ls -a /all | sort > /listing
`
const DATE = new Date('2024-01-01T00:00:00Z')

/** Its BuildKit sets a new date on directories that it gets from a client; buildx has it fetch the archive itself. */
const OLDER: string = ENGINES[0]

describe.each(ENGINES)('contexts from elsewhere on %s give the images of buildx', (engineName) => {
  const cleanup = new Cleanup()
  let folder: string
  let registry: { readonly host: string; readonly url: string }
  let host: string
  /** The context of each case, for polyarch and for buildx. */
  let contexts: Readonly<Record<string, readonly [own: BuildOptions['context'], theirs: string]>>

  beforeAll(async () => {
    folder = cleanup.use(await tempFolder('remote-contexts')).path
    registry = cleanup.use(await startRegistry({ directory: join(folder, 'registry') }))
    host = cleanup.use(await engineHost(engineName)).host
    await pushBase({ ...registry, repository: 'base' }, { platform: AMD64 })
    await writeFiles(join(folder, 'app'))
    const archive = await buffer(pack(join(folder, 'app')))
    // BuildKit applies it to no context from elsewhere, polyarch to those of git.
    await rm(join(folder, 'app/.dockerignore'))
    await writeFile(join(folder, 'context.tar'), archive)
    const web = cleanup.use(await serveFile(archive))
    contexts = { git: await gitContext(), tar: [{ tar: join(folder, 'context.tar') }, `${web.url}/context.tar`] }
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  async function gitContext() {
    const git = (...args: readonly string[]) =>
      runProgram('git', ['-C', join(folder, 'app'), '-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args])
    await git('init', '--quiet', '--initial-branch', 'main')
    await git('add', '.')
    await git('commit', '--quiet', '--message', 'first')
    await runProgram('git', ['clone', '--quiet', '--bare', join(folder, 'app'), join(folder, 'app.git')])
    const server = cleanup.use(await startGitServer(folder))
    const url = `http://${server.host}/app.git#main`
    return [url, url] as const
  }

  // The newer engines run in a root without git.
  it.each(engineName === OLDER ? ['git', 'tar'] : ['tar'])('%s', async (name) => {
    const [own = '.', theirs = ''] = contexts[name] ?? []
    const app = pipeline(`${registry.host}/${name}`)
      .sharedBase(`${registry.host}/${name}-from:1`)
      .platforms(platform('amd64', { base: fromImage(`${registry.host}/base:1`) }))
      .build({ context: own, network: 'none' })
      .tags('polyarch')
    await execute(app, { directory: folder, engine: { host } })
    const { digest } = await inspect(`${registry.host}/${name}-from:1`)
    const base = `BASE_IMAGE=${registry.host}/${name}-from@${digest}`
    const options = ['--push', '--provenance=false', '--network=none', '--build-arg', base]
    await runBuildx({ host, folder }, 'build', ...options, '--tag', `${registry.host}/${name}:buildx`, theirs)
    const repository = `${registry.url}/v2/${name}`
    const [ours, peer] = await Promise.all([imageContent(repository, 'polyarch'), imageContent(repository, 'buildx')])
    const compared = engineName === OLDER ? [ours, peer].map(withoutFolderDates) : [ours, peer]
    expect(compared[0]).toEqual(compared[1])
    const paths = ours.layers.flatMap((layer) => Object.keys(layer))
    expect(paths).toEqual(expect.arrayContaining(['all/bin/run', 'all/link', 'bin-only/run', 'listing']))
    expect(paths.filter((path) => path.includes('.git/'))).toEqual([])
  })
})

function withoutFolderDates({ layers, ...rest }: ImageContent): ImageContent {
  const without = (text: string) => (text.startsWith('directory ') ? text.replace(/ [^ ]* {2}$/, '') : text)
  const entries = layers.map((layer) =>
    Object.fromEntries(Object.entries(layer).map(([path, text]) => [path, without(text)])),
  )
  return { ...rest, layers: entries }
}

async function writeFiles(directory: string): Promise<void> {
  await mkdir(join(directory, 'bin'), { recursive: true })
  await writeFile(join(directory, 'Dockerfile'), DOCKERFILE)
  await writeFile(join(directory, 'bin/run'), '#!/bin/sh\n')
  await writeFile(join(directory, '.hidden'), 'x')
  await writeFile(join(directory, 'ignored'), 'x')
  await writeFile(join(directory, '.dockerignore'), 'ignored\n')
  await chmod(join(directory, 'bin/run'), 0o755)
  await symlink('bin/run', join(directory, 'link'))
  for (const file of ['Dockerfile', 'bin/run', '.hidden', 'ignored', '.dockerignore', 'bin', '.']) {
    await utimes(join(directory, file), DATE, DATE)
  }
}

async function serveFile(content: Buffer): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((_request, response) => response.end(content))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: async () => void server.close() }
}
