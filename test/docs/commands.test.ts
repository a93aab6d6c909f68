import { describe, expect, test } from 'vitest'
import { createProgram } from '../../packages/core/src/cli/program/build-program.js'
import { readText, repositoryFiles } from '../house/repository.js'

const output = { write: () => {} }
const program = createProgram({
  pipelines: [],
  defaults: {},
  host: { argv: [], env: {}, stdout: output, stderr: output, on: () => {}, off: () => {} },
  signal: new AbortController().signal,
  onStopping: () => {},
})

/** Where users read commands: documentation, hints of errors, and what new projects are made of. */
const FILES = repositoryFiles(/\.md$|^packages\/.*\/src\/.*\.ts$|^packages\/create-polyarch\/templates\//)

/** The pipelines that documentation names on the command line. */
const PIPELINES = ['sdk', 'firmware', 'toolchain']

/** A command of `build.ts` in a text, up to the end of its line, quotation or sentence. */
const WRITTEN = FILES.flatMap((file) =>
  [
    ...readText(file).matchAll(
      /npx tsx build\.ts((?: +(?:-{1,2}[a-z][a-z-]*|[a-z][\w.:/-]*|\$\{\{[^}]*\}\}|<[\w-]+>))*)/g,
    ),
  ].map(([, words = '']) => [file, words.trim()] as const),
)

function optionsOf(command: ReturnType<typeof createProgram>): readonly string[] {
  return ['--help', ...command.options.flatMap(({ long, short }) => [long ?? '', short ?? ''])]
}

describe('commands that are written down', () => {
  test('are found', () => {
    expect(WRITTEN.length).toBeGreaterThan(40)
    expect(WRITTEN.map(([, words]) => words)).toContain('report events.jsonl --out report.html')
  })

  test.each(WRITTEN)('%s: npx tsx build.ts %s', (_file, words) => {
    const [first = '', ...rest] = words.split(/ +/)
    const isOwn = first === '' || first.startsWith('-') || PIPELINES.includes(first)
    const found = isOwn ? program : program.commands.find((one) => one.name() === first)
    const command = found?.commands.find((one) => found !== program && one.name() === rest[0]) ?? found
    // Prose goes on after the name of the file: `npx tsx build.ts prints …`.
    if (command === undefined) throw new Error(`there is no command '${first}'`)
    const flags = (isOwn ? [first, ...rest] : rest).filter((word) => word.startsWith('--'))
    const known = optionsOf(command)
    for (const flag of flags) expect(known).toContain(flag)
  })
})

test('docs/command-line.md lists the commands, and no others', () => {
  const listed = [...readText('docs/command-line.md').matchAll(/^\| `([a-z]+)` \|/gm)].map(([, name]) => name)
  expect(listed).toEqual(program.commands.map((command) => command.name()))
})
