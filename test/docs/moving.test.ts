import { fromImage, pipeline, platform } from '@polyarch/core'
import { expect, test } from 'vitest'
import { definitionGraph } from '../../packages/core/src/operations/runs/definition-graph.js'
import { readText } from '../house/repository.js'

/** The polyarch side of docs/moving.md, each with what the other side publishes. */
const fromManifest = pipeline('registry.example.com/team/app')
  .platforms(
    platform('amd64', { base: fromImage('debian:bookworm') }),
    platform('arm', { variant: 'v7', base: fromImage('debian:bookworm') }),
  )
  .build({ context: '.' })
  .platformNames('{repository}-{arch}:{tag}')
  .tags('1.0')

const fromBuildx = pipeline('registry.example.com/team/app')
  .platforms(
    platform('amd64', { base: fromImage('alpine:3.22') }),
    platform('arm64', { base: fromImage('alpine:3.22') }),
  )
  .build({ context: '.', args: { VERSION: '1.0' } })
  .tags('1.0', 'latest')

const fromBake = pipeline('registry.example.com/team/app')
  .platforms(
    platform('amd64', { base: fromImage('alpine:3.22'), build: { args: { JOBS: '8' } } }),
    platform('arm64', { base: fromImage('alpine:3.22'), build: { args: { JOBS: '2' } } }),
  )
  .build({ context: '.', target: 'release', labels: { 'org.opencontainers.image.version': '1.0' } })
  .tags('1.0', 'latest')

const fromPulumi = pipeline('registry.example.com/team/app')
  .platforms(
    platform('amd64', { base: fromImage('node:24-slim') }),
    platform('arm64', { base: fromImage('node:24-slim') }),
  )
  .build({ context: './app', args: { VERSION: '1.0' } })
  .tags('latest')

const HOST = 'registry.example.com/team/app'

test.each([
  ['docker manifest', fromManifest, [`${HOST}-amd64:1.0`, `${HOST}-arm:1.0`, `${HOST}:1.0`]],
  ['buildx build', fromBuildx, [`${HOST}:1.0`, `${HOST}:latest`]],
  ['buildx bake', fromBake, [`${HOST}:1.0`, `${HOST}:latest`]],
  ['@pulumi/docker-build', fromPulumi, [`${HOST}:latest`]],
])('what takes the place of %s publishes the same names', (_tool, definition, names) => {
  const { tags } = definitionGraph(definition)
  expect(tags.map(({ reference }) => reference).sort()).toEqual([...names].sort())
})

test.each(['docs/getting-started.md', 'docs/ci.md', 'docs/moving.md'])(
  '%s names only commands that there are',
  (page) => {
    const words = [...readText(page).matchAll(/npx tsx build\.ts ([a-z]+)/g)].map(([, word]) => word)
    // Pages may name a pipeline of their own in place of a command.
    const commands = new Set(words.filter((word) => word !== 'toolchain'))
    const known = [
      'plan',
      'inspect',
      'serve',
      'graph',
      'doctor',
      'report',
      'assemble',
      'lock',
      'promote',
      'export',
      'matrix',
    ]
    expect([...commands].filter((command) => !known.includes(command ?? ''))).toEqual([])
  },
)
