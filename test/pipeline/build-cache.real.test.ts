import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { execute, fromImage, pipeline, platform, type RunEvent } from '../../packages/core/src/index.js'
import { staticCredentials } from '../../packages/core/src/registry/index.js'
import { ENGINES } from '../../packages/core/test/builder/engines.js'
import { forgetBuilds } from '../../packages/core/test/builder/forget-builds.js'
import { Cleanup } from '../support/cleanup.js'
import { startDebianRegistry } from '../support/debian-registry.js'
import { newerEngine } from '../support/newer-engine.js'
import { ownEngine } from '../support/own-engine.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, ARM, pushBase, writeContext } from './project.js'

const DOCKERFILE = 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nRUN echo once > /once\nCOPY note /\nRUN cat /once /note\n'

describe.each(ENGINES)('%s', (name) => {
  it('reuses the inline cache of the image published by an earlier run on another machine', async () => {
    await using cleanup = new Cleanup()
    const { path: context } = cleanup.use(await tempFolder('cache'))
    const registry = cleanup.use(await startDebianRegistry({ auth: 'htpasswd' }))
    const { address } = cleanup.use(await (name === ENGINES[0] ? ownEngine() : newerEngine()))
    const login = { kind: 'password' as const, username: '', password: '', ...registry.login }
    const options = {
      engine: { host: address },
      registryClient: { credentials: staticCredentials({ [registry.host]: login }) },
    }
    const published = `${registry.host}/app:1`
    const [wide, narrow] = [
      await pushBase({ ...registry, repository: 'wide' }, { platform: AMD64 }),
      await pushBase({ ...registry, repository: 'narrow' }, { platform: ARM }),
    ]
    const app = pipeline(`${registry.host}/app`)
      .platforms(
        platform('amd64', { base: fromImage(wide) }),
        platform('arm', { variant: 'v7', base: fromImage(narrow) }),
      )
      .build({ dockerfileInline: DOCKERFILE, network: 'none' })
      .build({ context, cacheFrom: [published], cacheTo: ['type=inline'] })
      .tags('1')
    await writeContext(context, 'FROM scratch', { note: 'first\n' })

    /** Runs the pipeline and returns the final statuses of the cache import and of both RUN steps, per platform. */
    const run = async () => {
      const events: RunEvent[] = []
      await execute(app, { ...options, onEvent: (event) => events.push(event) })
      const steps = events.flatMap((event) =>
        event.kind === 'work' && event.event.kind === 'build-step' ? [event.event] : [],
      )
      const ends = steps.filter(({ status }) => status !== 'started')
      const of = (text: string) => ends.filter((step) => step.name.includes(text)).map(({ status }) => status)
      return { imported: of('importing cache'), once: of('RUN echo once'), cat: of('RUN cat') }
    }
    const first = await run()
    // The cache image does not exist yet, which does not fail the build.
    expect(first).toMatchObject({ once: ['done', 'done'], cat: ['done', 'done'] })
    await forgetBuilds(address)
    await writeFile(join(context, 'note'), 'second\n')
    const second = await run()
    expect(second).toEqual({ imported: ['done', 'done'], once: ['cached', 'cached'], cat: ['done', 'done'] })
  })
})
