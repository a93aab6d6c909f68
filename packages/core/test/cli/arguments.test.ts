import type { Command, Option } from 'commander'
import { describe, expect, it } from 'vitest'
import { isVerbose, orderArguments } from '../../src/cli/arguments.js'
import { createProgram } from '../../src/cli/program/build-program.js'

const silent = { write: () => {} }

function newProgram(): Command {
  return createProgram({
    pipelines: [],
    defaults: {},
    host: { argv: [], env: {}, stdout: silent, stderr: silent, on: () => {}, off: () => {} },
    signal: new AbortController().signal,
    onStopping: () => {},
  })
}

/** The command that arguments start, with its flags and operands as commander reads them. */
async function read(words: readonly string[]): Promise<object> {
  const program = newProgram()
  const started: object[] = []
  for (const command of [program, ...program.commands]) {
    command.action(() => void started.push({ name: command.name(), flags: command.opts(), operands: command.args }))
  }
  await program.parseAsync(orderArguments(['node', 'build.ts', ...words], program))
  expect(started).toHaveLength(1)
  return started[0] ?? {}
}

/** A value that the flag accepts. */
function acceptedValue({ required, argChoices, long }: Option): readonly string[] {
  if (!required) return []
  return [argChoices?.at(-1) ?? (long === '--port' ? '5001' : 'value')]
}

const COMMANDS = newProgram().commands

it('help texts have at most 12 words', () => {
  const texts = COMMANDS.flatMap((command) => [
    command.description(),
    ...command.options.map(({ description }) => description),
  ])
  expect(texts.length).toBeGreaterThan(50)
  expect(texts.filter((text) => text.split(/\s+/).length > 12)).toEqual([])
})

const FLAGS = COMMANDS.flatMap((command) =>
  command.options.map((option) => ({
    command: command.name(),
    operands: command.registeredArguments.filter(({ required }) => required).map((_one, at) => `operand${at}`),
    words: [option.long ?? '', ...acceptedValue(option)],
    short: option.short,
    option,
  })),
)

describe('a flag of a command', () => {
  it.each(FLAGS)('$command $words is the same before the command and after it', async (flag) => {
    const { command, operands, words, short } = flag
    const after = await read([command, ...operands, ...words])
    expect(await read([...words, command, ...operands])).toEqual(after)
    expect(after).toMatchObject({ name: command, operands })
    expect(after).not.toEqual(await read([command, ...operands]))
    if (short === undefined) return
    expect(await read([command, ...operands, short])).toEqual(after)
    expect(await read([short, command, ...operands])).toEqual(after)
  })

  it('may have the name of a command as its value', async () => {
    expect(await read(['--only', 'plan', 'graph'])).toMatchObject({ name: 'graph', flags: { only: ['plan'] } })
    expect(await read(['--only=plan', 'graph'])).toMatchObject({ name: 'graph', flags: { only: ['plan'] } })
    expect(await read(['--only', 'plan'])).toMatchObject({ name: 'build.ts', flags: { only: ['plan'] } })
  })

  it('may be one of several in a word', async () => {
    expect(await read(['-qv', 'assemble'])).toMatchObject({ flags: { quiet: true, verbose: true } })
  })
})

describe('a flag that a command does not have', () => {
  const everywhere = new Set(FLAGS.map(({ words }) => words[0] ?? ''))
  const refused = COMMANDS.flatMap((command) => {
    const own = new Set(command.options.map(({ long }) => long))
    const others = [...everywhere].filter((long) => !own.has(long))
    return others.map((long) => ({ command: command.name(), long }))
  })

  it.each(refused)('$long is rejected by $command, before and after it', async ({ command, long }) => {
    const [, ...values] = FLAGS.find(({ words }) => words[0] === long)?.words ?? []
    const expected = {
      code: 'USAGE',
      issues: [
        {
          path: long,
          message: `'build.ts ${command}' does not support this flag`,
          hint: expect.stringMatching(/^use it with 'npx tsx build\.ts/),
        },
      ],
    }
    await expect(read([command, long, ...values])).rejects.toMatchObject(expected)
    await expect(read([long, ...values, command])).rejects.toMatchObject(expected)
  })

  it.each([
    [['--laod'], "did you mean '--load'?"],
    [['plan', '--exitcode'], "did you mean '--exit-code'?"],
    [['plan', '-only', 'amd64'], "did you mean '--only'?"],
    [['--kep-going'], "did you mean '--keep-going'?"],
    [['--unlike-anything'], "'npx tsx build.ts --help' lists the flags"],
    [['prune', '-x'], "'npx tsx build.ts prune --help' lists the flags"],
  ])('%j gets the nearest flag', async (words, hint) => {
    await expect(read(words)).rejects.toMatchObject({ issues: [{ message: 'the flag does not exist', hint }] })
  })
})

it.each(FLAGS.filter(({ option }) => option.required))('$command $words, given twice', ({ command, option, words }) => {
  const order = () => orderArguments(['node', 'build.ts', command, ...words, ...words], newProgram())
  const isRepeatable = option.description.includes('(repeatable)')
  if (isRepeatable) {
    expect(order()).toEqual(['node', 'build.ts', command, ...words, ...words])
    return
  }
  const issue = { path: option.long, message: 'the flag is set 2 times', hint: 'set it once, to one value' }
  expect(order).toThrowError(expect.objectContaining({ code: 'USAGE', issues: [issue] }))
})

it('a flag with one value is counted in each of its forms', () => {
  const words = ['builder', 'create', 'x', '-o', 'yaml', '--output=json']
  expect(() => orderArguments(['node', 'build.ts', ...words], newProgram())).toThrowError(/set 2 times/)
})

it.each([
  [['-v'], true],
  [['plan', '-qv'], true],
  [['--verbose'], true],
  [['-q', 'plan'], false],
  [['--no-reuse'], false],
])('causes of errors are shown for %j: %s', (argv, expected) => {
  expect(isVerbose(argv)).toBe(expected)
})
