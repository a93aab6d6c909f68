import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { analyze } from '../../packages/core/src/dockerfile/analysis.js'
import { parseDockerfile } from '../../packages/core/src/dockerfile/syntax/parse.js'
import { runProgram } from '../support/child.js'

test('the build.ts of docs/cross-compiling.md runs', async () => {
  const file = fileURLToPath(new URL('cross-compiling/build.ts', import.meta.url))
  const args = ['--import', 'tsx', file, 'graph', '--no-plan', '--format', 'json']
  const { stdout } = await runProgram(process.execPath, args)
  const images = (JSON.parse(stdout) as { nodes: { kind: string }[] }).nodes.filter(({ kind }) => kind === 'image')
  expect(images).toHaveLength(3)
})

test.each(['amd64', 'arm64'])(
  'its Dockerfile uses the toolchain of the builder for %s, and has no issue',
  async (one) => {
    const text = await readFile(new URL('cross-compiling/Dockerfile', import.meta.url), 'utf8')
    const platform = { os: 'linux', architecture: one }
    const { usesBaseArg, usesBaseElsewhere, externals, issues } = analyze(parseDockerfile(text), {
      platform,
      args: {},
      baseNames: [],
    })
    expect({ usesBaseArg, usesBaseElsewhere, issues }).toEqual({
      usesBaseArg: true,
      usesBaseElsewhere: false,
      issues: [],
    })
    expect(externals).toMatchObject([{ name: 'docker.io/library/golang:1.24', isForTarget: false }])
  },
)
