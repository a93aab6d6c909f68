import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ExecuteReport, execute, fromImage, type Pipeline, pipeline, platform } from '@polyarch/core'
import Docker from 'dockerode'
import { GenericContainer } from 'testcontainers'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ENGINES, engineHost, pushBase } from '../../packages/core/test/builder/engines.js'
import { Cleanup } from '../support/cleanup.js'
import { startDebianRegistry } from '../support/debian-registry.js'
import { tempFolder } from '../support/temp-folder.js'

const DOCKERFILE = `ARG BASE_IMAGE
FROM \${BASE_IMAGE}
ARG TARGETPLATFORM
RUN echo "built for $TARGETPLATFORM" > /built
CMD ["sleep", "600"]
`

/** The containerd image store removes all names of an image with its digest. */
async function removeImage(docker: Docker, name: string): Promise<void> {
  try {
    await docker.getImage(name).remove({ force: true })
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error
  }
}

describe.each(ENGINES)('docs/testing.md: containers of testcontainers on %s', (name) => {
  const cleanup = new Cleanup()
  const images = new Set<string>()
  let app: Pipeline
  let options: { readonly builders: readonly string[] }

  beforeAll(async () => {
    const { host } = cleanup.use(await engineHost(name))
    // The image of its reaper is on Docker Hub; the containers below are stopped by the tests.
    vi.stubEnv('TESTCONTAINERS_RYUK_DISABLED', 'true')
    vi.stubEnv('DOCKER_HOST', host)
    options = { builders: [host] }
    const registry = cleanup.use(await startDebianRegistry())
    const base = fromImage(await pushBase(registry))
    const { path } = cleanup.use(await tempFolder('testcontainers'))
    await writeFile(join(path, 'Dockerfile'), DOCKERFILE)
    app = pipeline(`${registry.host}/team/app`)
      .platforms(platform('amd64', { base }), platform('arm', { variant: 'v7', base }))
      .build({ context: path, network: 'none' })
      .tags('1.0')
  }, 300_000)
  afterAll(async () => {
    const docker = new Docker({ socketPath: options.builders[0]?.replace(/^unix:\/\//, '') })
    for (const image of images) await removeImage(docker, image)
    vi.unstubAllEnvs()
    await cleanup[Symbol.asyncDispose]()
  })

  it('start from the image that the run has published', async () => {
    const report = await execute(app, { ...options, load: true })
    await using container = await new GenericContainer(report.image('linux/amd64')).start()
    const { output } = await container.exec(['cat', '/built'])
    expect(output).toBe('built for linux/amd64\n')
    const image = report.nodes.find(({ node }) => node === 'app image(linux/amd64)')
    expect(report.image('amd64')).toBe(image?.reference)
    expect(notLoaded(report)).toThrow('the image of app for linux/arm/v7 is not loaded into the engine')
  })

  it('start for each platform that is loaded', async () => {
    const platforms = ['linux/amd64', 'linux/arm/v7']
    const report = await execute(app, { ...options, load: platforms })
    for (const platform of platforms) {
      const image = new GenericContainer(report.image(platform))
      await using container = await image.withPlatform(platform).start()
      const { output } = await container.exec(['cat', '/built'])
      expect(output).toBe(`built for ${platform}\n`)
    }
    for (const { reference, names } of report.loaded ?? []) for (const name of [reference, ...names]) images.add(name)
    const names = report.loaded?.map(({ platform: { architecture }, names }) => [architecture, names.length])
    expect(names).toEqual([
      ['amd64', 1],
      ['arm', 0],
    ])
  })

  it('a platform that the run does not build is an error before it begins', async () => {
    await expect(execute(app, { ...options, load: ['linux/s390x'] })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('no pipeline has the platform linux/s390x'),
    })
  })
})

function notLoaded(report: ExecuteReport): () => string {
  return () => report.image('linux/arm/v7')
}
