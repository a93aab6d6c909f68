import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'

const FILE = fileURLToPath(new URL('completion-of-a-user.ts', import.meta.url))
const START = `
import { platform } from '../../src/definition/declare/platform-declaration.js'
import { start } from './definitions.js'
start.platforms(`

/** Completions that an editor offers at the character @ in a program. */
function proposals(program: string): readonly string[] {
  const text = `${START}${program})`
  const host: ts.LanguageServiceHost = {
    useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
    getCurrentDirectory: ts.sys.getCurrentDirectory,
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    directoryExists: ts.sys.directoryExists,
    getScriptFileNames: () => [FILE],
    getScriptVersion: () => '1',
    getScriptSnapshot: (file) =>
      ts.ScriptSnapshot.fromString(file === FILE ? text.replace('@', '') : readFileSync(file, 'utf8')),
    getCompilationSettings: () => ({ strict: true, module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2023 }),
    getDefaultLibFileName: ts.getDefaultLibFilePath,
  }
  const found = ts.createLanguageService(host).getCompletionsAtPosition(FILE, text.indexOf('@'), {})
  return found?.entries.map(({ name }) => name) ?? []
}

test.each([
  ['architectures', "platform('@', { base: 'wide' })", ['amd64', 'arm', 'arm64', 'riscv64']],
  ['bases', "platform('amd64', { base: '@' })", ['wide', 'narrow']],
  ['releases of a base', "platform('amd64', { base: 'wide', release: '@' })", ['one']],
])('TypeScript completes %s', { timeout: 60_000 }, (_what, program, expected) => {
  expect(proposals(program)).toEqual(expect.arrayContaining(expected))
})
