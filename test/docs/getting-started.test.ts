import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { analyze } from '../../packages/core/src/dockerfile/analysis.js'
import { parseDockerfile } from '../../packages/core/src/dockerfile/syntax/parse.js'
import { runProgram } from '../support/child.js'

test('the build.ts of docs/getting-started.md runs, and reports what it is made of', { timeout: 60_000 }, async () => {
  const file = fileURLToPath(new URL('getting-started/build.ts', import.meta.url))
  const args = ['--import', 'tsx', file, 'graph', '--no-plan', '--format', 'json']
  const { stdout } = await runProgram(process.execPath, args)
  const kinds = (JSON.parse(stdout) as { nodes: { kind: string }[] }).nodes.map(({ kind }) => kind)
  expect(kinds).toEqual(['source', 'source', 'base', 'base', 'base-index', 'image', 'image', 'index', 'tag', 'tag'])
})

test('the Dockerfile of docs/getting-started.md leaves its base open, and has no issue', async () => {
  const text = await readFile(new URL('getting-started/Dockerfile', import.meta.url), 'utf8')
  const platform = { os: 'linux', architecture: 'amd64' }
  const { usesBaseArg, issues } = analyze(parseDockerfile(text), { platform, args: {}, baseNames: [] })
  expect({ usesBaseArg, issues }).toEqual({ usesBaseArg: true, issues: [] })
})
