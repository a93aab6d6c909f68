import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { analyze } from '../../packages/core/src/dockerfile/analysis.js'
import { parseDockerfile } from '../../packages/core/src/dockerfile/syntax/parse.js'
import { runProgram } from '../support/child.js'

describe.each([
  ['Go', 'cross-compiling/', 'docker.io/library/golang:1.24'],
  ['C', 'cross-compiling/c/', 'docker.io/library/debian:trixie'],
])('the example in %s of docs/cross-compiling.md', (_language, folder, toolchain) => {
  const urlOf = (file: string) => new URL(`${folder}${file}`, import.meta.url)

  test('has a build.ts that runs', async () => {
    const args = ['--import', 'tsx', fileURLToPath(urlOf('build.ts')), 'graph', '--no-plan', '--format', 'json']
    const { stdout } = await runProgram(process.execPath, args)
    const images = (JSON.parse(stdout) as { nodes: { kind: string }[] }).nodes.filter(({ kind }) => kind === 'image')
    expect(images).toHaveLength(3)
  })

  test.each(['amd64', 'arm64'])('uses the toolchain of the builder for %s, and has no issue', async (architecture) => {
    const text = await readFile(urlOf('Dockerfile'), 'utf8')
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
