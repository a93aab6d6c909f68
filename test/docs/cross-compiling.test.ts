import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { analyze } from '../../packages/core/src/dockerfile/analysis.js'
import { parseDockerfile } from '../../packages/core/src/dockerfile/syntax/parse.js'
import { runProgram } from '../support/child.js'

describe.each([
  ['Go', new URL('cross-compiling/build.ts', import.meta.url), 'docker.io/library/golang:1.24'],
  ['C', new URL('cross-compiling/c/build.ts', import.meta.url), 'docker.io/library/debian:trixie'],
])('the example in %s of docs/cross-compiling.md', (_language, build, toolchain) => {
  test('has a build.ts that runs', async () => {
    const args = ['--import', 'tsx', fileURLToPath(build), 'graph', '--no-plan', '--format', 'json']
    const { stdout } = await runProgram(process.execPath, args)
    const images = (JSON.parse(stdout) as { nodes: { kind: string }[] }).nodes.filter(({ kind }) => kind === 'image')
    expect(images).toHaveLength(3)
  })

  test.each(['amd64', 'arm64'])('uses the toolchain of the builder for %s, and has no issue', async (architecture) => {
    const text = await readFile(new URL('Dockerfile', build), 'utf8')
    const { usesBaseArg, usesBaseElsewhere, externals, issues } = analyze(parseDockerfile(text), {
      platform: { os: 'linux', architecture },
      args: {},
      baseNames: [],
    })
    expect({ usesBaseArg, usesBaseElsewhere, issues }).toEqual({
      usesBaseArg: true,
      usesBaseElsewhere: false,
      issues: [],
    })
    expect(externals).toMatchObject([{ name: toolchain, isForTarget: false }])
  })
})
