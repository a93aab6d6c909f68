import { expect, it } from 'vitest'
import { execute, fromImage, pipeline, plan, platform, type RunEvent } from '../../packages/core/src/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { forgetBuilds } from '../../packages/core/test/builder/forget-builds.js'
import { Cleanup } from '../support/cleanup.js'
import { newerEngine } from '../support/newer-engine.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, ARM, pushBase } from './project.js'

const DOCKERFILE =
  'ARG BASE_IMAGE\nFROM ${BASE_IMAGE} AS tools\nRUN date > /once\nFROM ${BASE_IMAGE}\nCOPY --from=tools /once /\n'

it('keeps the steps of all stages in a registry, and refuses an engine that cannot before it builds', async () => {
  await using cleanup = new Cleanup()
  const { path: directory } = cleanup.use(await tempFolder('registry-cache'))
  const registry = cleanup.use(await startRegistry({ directory }))
  const { address } = cleanup.use(await newerEngine())
  const cache = `${registry.host}/app:cache`
  const app = pipeline(`${registry.host}/app`)
    .platforms(
      platform('amd64', { base: fromImage(await pushBase({ ...registry, repository: 'wide' }, { platform: AMD64 })) }),
      platform('arm', {
        variant: 'v7',
        base: fromImage(await pushBase({ ...registry, repository: 'narrow' }, { platform: ARM })),
      }),
    )
    .build({ context: false, dockerfileInline: DOCKERFILE, network: 'none' })
    // As docs/ci.md has it.
    .build({
      cacheFrom: ({ architecture }) => [`type=registry,ref=${cache}-${architecture}`],
      cacheTo: ({ architecture }) => [`type=registry,ref=${cache}-${architecture},mode=max`],
    })
    .tags('1')

  /** How the step that runs once ended, per platform. */
  const run = async () => {
    const events: RunEvent[] = []
    await execute(app, { engine: { host: address }, reuse: false, onEvent: (event) => events.push(event) })
    const steps = events.flatMap((event) =>
      event.kind === 'work' && event.event.kind === 'build-step' ? [event.event] : [],
    )
    return steps
      .filter(({ name, status }) => name.includes('RUN date') && status !== 'started')
      .map((one) => one.status)
  }
  expect(await run()).toEqual(['done', 'done'])
  await forgetBuilds(address)
  expect(await run()).toEqual(['cached', 'cached'])

  // The engine of this machine keeps images in the older store.
  const { errors } = await plan(app, { reuse: false })
  expect(errors).toMatchObject([
    {
      code: 'ENGINE_UNSUPPORTED',
      node: 'app image(linux/amd64)',
      message: expect.stringMatching(
        /^the builder at unix:\/\/\S+, version 20\.10\.\S+ does not support the build option cacheTo/,
      ),
      hint: expect.stringContaining('inline'),
    },
    { code: 'ENGINE_UNSUPPORTED', node: 'app image(linux/arm/v7)' },
  ])
})
