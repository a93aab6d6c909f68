import { readFile } from 'node:fs/promises'
import { fromImage, pipeline, platform } from '@polyarch/core'
import { expect, test } from 'vitest'
import { analyze } from '../../packages/core/src/dockerfile/analysis.js'
import { parseDockerfile } from '../../packages/core/src/dockerfile/parse.js'
import { outline } from '../../packages/core/src/operations/outline.js'

test('the pipeline of docs/getting-started.md is one', () => {
  const run = (defined: typeof app) => outline(defined)
  const app = pipeline('registry.example.com/team/app')
    .platforms(
      platform('amd64', { base: fromImage('debian:trixie') }),
      platform('arm', { variant: 'v7', base: fromImage('debian:bookworm') }),
    )
    .build({ context: '.' })
    .tags('1.0', 'latest')

  run(app)
  expect(run(app).nodes).toHaveLength(6)
})

test('the Dockerfile of docs/getting-started.md leaves its base open, and has no fault', async () => {
  const text = await readFile(new URL('getting-started/Dockerfile', import.meta.url), 'utf8')
  const platform = { os: 'linux', architecture: 'amd64' }
  const { usesBaseArg, faults } = analyze(parseDockerfile(text), { platform, args: {}, baseNames: [] })
  expect({ usesBaseArg, faults }).toEqual({ usesBaseArg: true, faults: [] })
})
