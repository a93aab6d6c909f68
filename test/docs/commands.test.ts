import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
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

/** A command of `build.ts` as somebody wrote it, up to where its line, quotation or sentence ends. */
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

/** A job of GitHub Actions, and of GitLab, as far as commands go. */
interface Recipe {
  readonly jobs?: Readonly<
    Record<string, { readonly needs?: string; readonly steps: readonly { readonly run?: string }[] }>
  >
}

const RECIPES = repositoryFiles(/\.md$/).flatMap((file) =>
  [...readText(file).matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => ({ file, text })),
)

describe('recipes in YAML', () => {
  test.each(RECIPES)('of $file can be read', ({ text }) => {
    expect(parse(text)).toBeTypeOf('object')
  })

  test('GitHub Actions builds each platform alone on a runner of its kind, and publishes when all are there', () => {
    const recipe = RECIPES.map(({ text }) => parse(text) as Recipe).find(({ jobs }) => jobs !== undefined)
    const { build, publish } = recipe?.jobs ?? {}
    const commands = (job: typeof build) => job?.steps.flatMap(({ run }) => run ?? []) ?? []
    expect(commands(build)).toContainEqual(expect.stringContaining('build.ts --only ${{ matrix.platform }}'))
    expect(publish?.needs).toBe('build')
    expect(commands(publish)).toContain('npx tsx build.ts assemble')
  })

  test('GitLab looks at the engine, builds, and keeps the page of the run', () => {
    const { images } = RECIPES.map(({ text }) => parse(text)).find((one) => 'images' in one) as {
      readonly images: { readonly script: readonly string[]; readonly artifacts: { readonly paths: readonly string[] } }
    }
    expect(images.script).toContain('npx tsx build.ts doctor')
    expect(images.script).toContainEqual(expect.stringContaining(`--report ${images.artifacts.paths[0]}`))
  })
})
