import { expect, test } from 'vitest'
import { runProgram } from '../support/child.js'

/** What takes long to load, and is needed by some runs alone. */
const COSTLY = [
  'dockerode',
  '@grpc/grpc-js',
  'protobufjs',
  'undici',
  'commander',
  'dockerfile-ast',
  'tar-fs',
  'tar-stream',
  '@balena/dockerignore',
  '@viz-js/viz',
  'log-update',
  'proper-lockfile',
  'write-file-atomic',
]

/** Prints the CommonJS modules that a module has loaded; all of {@link COSTLY} are that, at least within. */
function script(module: string): string {
  return `
import { createRequire } from 'node:module'
await import('${new URL(module, import.meta.url).href}')
const loaded = Object.keys(createRequire(import.meta.url).cache)
console.log(JSON.stringify(loaded))
`
}

test('importing the core loads nothing that a definition does not need', async () => {
  const core = '../../packages/core/src/index.ts'
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script(core)]
  const { stdout } = await runProgram(process.execPath, args)
  const loaded = JSON.parse(stdout) as readonly string[]
  const found = COSTLY.filter((name) => loaded.some((path) => path.includes(`/node_modules/${name}/`)))
  expect(found).toEqual([])
})

test('what is loaded is seen', async () => {
  const engine = '../../packages/core/src/dockerfile/parse.ts'
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script(engine)]
  const { stdout } = await runProgram(process.execPath, args)
  expect(stdout).toContain('/node_modules/dockerfile-ast/')
})
