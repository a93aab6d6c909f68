import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { connectBuilder } from '../../src/builder/connect.js'
import type { Builder, BuildRequest } from '../../src/builder/port.js'
import { buildFor, buildOnce, ENGINES, platform, printed, setUpEngine, uniqueName } from './engines.js'

const PLATFORMS = ['linux/amd64', 'linux/arm/v7'].map(platform)

describe.each(ENGINES)('on %s, a stage that is the same for all platforms', (name) => {
  const place = setUpEngine(name)

  /** A build for each platform, of the same inputs; the stage prints a value that no other run of it prints. */
  function builds(): readonly BuildRequest[] {
    const text = `FROM --platform=$BUILDPLATFORM ${place.base} AS tools
COPY tool.c /
RUN echo "trace-$(cat /proc/sys/kernel/random/uuid)" && echo ${randomUUID()} > /tool
FROM ${place.base}
COPY --from=tools /tool /
RUN echo "for $(uname -m)"
`
    const build = buildFor(() => place.registry.host)(text, { files: { 'tool.c': randomUUID() } })
    return PLATFORMS.map((one) => ({
      ...build,
      platform: one,
      destination: uniqueName(place.registry.host),
    }))
  }

  async function traces(
    running: readonly Promise<Awaited<ReturnType<typeof buildOnce>>>[],
  ): Promise<readonly string[]> {
    const outputs = (await Promise.all(running)).map(printed)
    // What each platform does for itself is there, so that the output was not lost.
    expect(outputs.join('\n')).toMatch(/for x86_64/)
    expect(outputs.join('\n')).toMatch(/for armv7l/)
    return [...new Set(outputs.join('\n').match(/trace-[0-9a-f-]{36}/g))]
  }

  it('runs once if the builds overlap', async () => {
    await using engine = connectBuilder({ host: place.host, env: process.env })
    expect(await traces(builds().map((one) => buildOnce(engine, one)))).toHaveLength(1)
  })

  it('runs once if one build follows the other', async () => {
    await using engine = connectBuilder({ host: place.host, env: process.env })
    expect(await traces(inTurn(engine, builds()))).toHaveLength(1)
  })
})

function inTurn(engine: Builder, requests: readonly BuildRequest[]): readonly ReturnType<typeof buildOnce>[] {
  const running: ReturnType<typeof buildOnce>[] = []
  let before: Promise<unknown> = Promise.resolve()
  for (const request of requests) {
    const next = before.then(() => buildOnce(engine, request))
    running.push(next)
    before = next
  }
  return running
}
