import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { execute, fromImage, pipeline, platform, type RunEvent } from '../../packages/core/src/index.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { Cleanup } from '../support/cleanup.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, ARM, pushBase } from './project.js'

it('continues with all nodes that do not need a failed one, reports every failure, and moves no name', async () => {
  await using cleanup = new Cleanup()
  const { path } = cleanup.use(await tempFolder('keep-going'))
  const registry = cleanup.use(await startRegistry({ directory: join(path, 'registry') }))
  const context = cleanup.use(await tempFolder('keep-going-context')).path
  const fails = 'RUN echo "no luck on $TARGETARCH for $WHO"; test "$WHO" = top || test "$WHO$TARGETARCH" = othersarm'
  await writeFile(
    join(context, 'Dockerfile'),
    `ARG BASE_IMAGE\nFROM \${BASE_IMAGE}\nARG TARGETARCH\nARG WHO\n${fails}\n`,
  )
  const wide = fromImage(await pushBase({ ...registry, repository: 'wide' }, { platform: AMD64 }))
  const narrow = fromImage(await pushBase({ ...registry, repository: 'narrow' }, { platform: ARM }))
  const start = (name: string) =>
    pipeline(`${registry.host}/${name}`)
      .build({ context, args: { WHO: name } })
      .tags('1')
  const others = start('others').platforms(
    platform('amd64', { base: wide }),
    platform('arm', { variant: 'v7', base: narrow }),
  )
  const lost = start('lost').platforms(platform('amd64', { base: wide }))
  const top = start('top').platforms(platform('amd64', { base: others }))
  const events: RunEvent[] = []
  const run = execute(others, lost, top, { keepGoing: true, onEvent: (event) => events.push(event) })
  const error = await run.catch((caught: unknown) => caught)
  expect(error).toMatchObject({ code: 'BUILD_FAILED' })
  expect(String(error)).toContain('no luck on amd64 for others')
  expect(String(error)).toContain('no luck on amd64 for lost')
  const of = (kind: RunEvent['kind']) =>
    events.flatMap((event) => (event.kind === kind && 'node' in event ? [event.node] : [])).sort()
  expect(of('node-failed')).toEqual(['lost image(linux/amd64)', 'others image(linux/amd64)'])
  expect(of('node-skipped')).toEqual(['lost index', 'others index', 'top image(linux/amd64)', 'top index'])
  expect(of('node-finished')).toContain('others image(linux/arm/v7)')
  for (const name of ['others', 'lost', 'top']) {
    await expect(inspect(`${registry.host}/${name}:1`)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  }
})
