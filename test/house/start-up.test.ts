import { expect, test } from 'vitest'
import { runProgram } from '../support/child.js'
import { importsOf } from './module-imports.js'

/** What takes long to load, and is needed by some runs alone. */
const COSTLY = [
  'ajv',
  'dockerode',
  '@grpc/grpc-js',
  'protobufjs',
  'commander',
  'tar-fs',
  'tar-stream',
  '@viz-js/viz',
  'log-update',
  'proper-lockfile',
  'write-file-atomic',
  'ssh2',
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
  const engine = '../../packages/core/src/context/tar/tar-unpack.ts'
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script(engine)]
  const { stdout } = await runProgram(process.execPath, args)
  expect(stdout).toContain('/node_modules/tar-stream/')
})

/** All that is loaded with a file, by the imports that are not lazy: files of the package, and modules by name. */
function loadedWith(file: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(file)) return found
  found.add(file)
  for (const { target, specifier, lazy } of importsOf(file)) {
    if (lazy) continue
    if (target === undefined) found.add(specifier)
    else loadedWith(target, found)
  }
  return found
}

test('importing the core loads definitions, and of operations only the functions that load them', () => {
  const loaded = [...loadedWith('packages/core/src/index.ts')]
  const modules = loaded.filter((name) => !name.endsWith('.ts'))
  expect(modules.sort()).toEqual(['node:module', 'node:path'])
  const inside = loaded.filter((name) => name.endsWith('.ts')).map((name) => name.replace('packages/core/src/', ''))
  const others = inside.filter((name) => !/^(index\.ts|(model|definition)\/)/.test(name))
  expect(others.sort()).toEqual(['cli/compile-cache.ts', 'cli/run.ts', 'operations/on-pipelines.ts'])
})

/** What a run loads that finds nothing to do, by the `import()`s that it reaches. */
const UNCHANGED_RUN = [
  'cli/main.ts',
  'operations/runs/execute.ts',
  'registry/http-registry.ts',
  'dockerfile/syntax/parse.ts',
  'context/git/git-origin.ts',
]

test('a run that finds nothing to do loads few packages', () => {
  const found = new Set<string>()
  for (const file of UNCHANGED_RUN) loadedWith(`packages/core/src/${file}`, found)
  const packages = [...found].filter((name) => !name.endsWith('.ts') && !/^(node:|\.)/.test(name))
  expect(packages.sort()).toEqual(['canonicalize', 'commander', 'fastest-levenshtein', 'p-limit'])
})
