import { expect, test } from 'vitest'
import { readText, repositoryFiles } from './repository.js'

/** Files that read the environment of the process, each with its reason. All others get it as a value. */
const READERS: Readonly<Record<string, string>> = {
  'operations/run-environment.ts': 'the one place of an operation',
  'registry/auth/docker-config.ts': 'the default of a public option',
  'registry/http/agents.ts': "variables of Node.js's own HTTP client",
  'context/git/git-process.ts': 'a program inherits it',
  'rootfs/maker.ts': 'the default of an option',
  'testing/check-published.ts': 'a check without a run',
  'testing/base-request.ts': 'plugins must not read it',
}

test('the environment is read in few places', () => {
  const files = repositoryFiles(/^packages\/(?:core|plugin-[a-z]+)\/src\/.*\.ts$/)
  const code = (file: string) => readText(file).replace(/\/\*.*?\*\/|\/\/[^\n]*/gs, '')
  const readers = files
    .filter((file) => code(file).includes('process.env'))
    .map((file) => file.replace('packages/core/src/', ''))
  expect(readers.sort()).toEqual(Object.keys(READERS).sort())
})
