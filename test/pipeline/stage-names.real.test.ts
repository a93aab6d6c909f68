import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { execute, fromImage, type Pipeline, pipeline, platform, type Report } from '../../packages/core/src/index.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { Cleanup } from '../support/cleanup.js'
import { newerEngine } from '../support/newer-engine.js'
import { runImage } from '../support/run-image.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, ARM, pushBase } from './project.js'

const WRITTEN = 'registry.example.com/team/toolchain:1'

/** References an image in FROM, COPY --from and RUN --mount; the built image prints the version that each one used. */
const APP = `ARG BASE_IMAGE
FROM --platform=$BUILDPLATFORM ${WRITTEN} AS build
RUN cat /version > /built
FROM \${BASE_IMAGE}
COPY --from=build /built /built
COPY --from=${WRITTEN} /version /copied
RUN --mount=from=${WRITTEN},target=/tool cat /tool/version > /mounted
CMD ["cat", "/built", "/copied", "/mounted"]
`

describe.each(['20.10', 'newer'] as const)('an image built by the same run, on the engine %s', (which) => {
  const cleanup = new Cleanup()
  let directory: string
  let registry: Awaited<ReturnType<typeof startRegistry>>
  let options: { readonly registry: string; readonly engine?: { readonly host: string } }
  let socketPath: string | undefined

  beforeAll(async () => {
    directory = cleanup.use(await tempFolder('stage-names')).path
    registry = cleanup.use(await startRegistry({ directory: join(directory, 'registry') }))
    await pushBase({ ...registry, repository: 'wide' }, { platform: AMD64 })
    await pushBase({ ...registry, repository: 'narrow' }, { platform: ARM })
    const engine = which === 'newer' ? cleanup.use(await newerEngine()) : undefined
    socketPath = engine?.socketPath
    options = { registry: registry.host, ...(engine && { engine: { host: engine.address } }) }
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  async function pipelineOf(name: string, dockerfile: string): Promise<Pipeline> {
    const context = join(directory, name)
    await mkdir(context, { recursive: true })
    await writeFile(join(context, 'Dockerfile'), dockerfile)
    return pipeline(`registry.example.com/team/${name}`)
      .platforms(
        platform('amd64', { base: fromImage(`${registry.host}/wide:1`) }),
        platform('arm', { variant: 'v7', base: fromImage(`${registry.host}/narrow:1`) }),
      )
      .build({ context })
      .tags('1')
  }

  const toolchain = (version: string) =>
    pipelineOf('toolchain', `ARG BASE_IMAGE\nFROM \${BASE_IMAGE}\nRUN echo ${version} > /version\n`)
  const made = ({ nodes }: Report) => nodes.filter(({ outcome }) => outcome === 'made').map(({ node }) => node)
  const output = async (platformOf: typeof AMD64) =>
    (
      await runImage({
        reference: `${registry.host}/team/app:1`,
        platform: platformOf,
        ...(socketPath && { socketPath }),
      })
    ).output

  it('is built first, used in every stage, and reused by a run of one platform', async () => {
    const app = await pipelineOf('app', APP)
    await execute(app, await toolchain('one'), options)
    expect(await output(AMD64)).toBe('one\none\none')
    expect(await output(ARM)).toBe('one\none\none')
    expect(made(await execute(app, await toolchain('one'), options))).toEqual([])
    const only = await execute(await toolchain('one'), app, { ...options, only: ['linux/arm/v7'], build: false })
    expect(made(only).filter((node) => node.includes('image('))).toEqual([])
  })

  it('is used instead of the previously published image', async () => {
    const app = await pipelineOf('app', APP)
    const before = (await inspect(`${registry.host}/team/app:1`)).digest
    const report = await execute(app, await toolchain('two'), { ...options, pipelines: ['app'] })
    expect(made(report)).toContain('toolchain image(linux/amd64)')
    expect(await output(ARM)).toBe('two\ntwo\ntwo')
    expect((await inspect(`${registry.host}/team/app:1`)).digest).not.toBe(before)
    expect(report.tags.map(({ reference }) => reference)).toEqual([`${registry.host}/team/app:1`])
  })
})
