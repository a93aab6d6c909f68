import type { Argument, Command, Option } from 'commander'

/** Everything that a shell can complete of one command line, as data. */
export interface Completion {
  /** The program: `polyarch`, or the file name of a `build.ts`. */
  readonly program: string
  /** Programs whose lines are completed. */
  readonly starters: readonly string[]
  /** The commands of a line: after the program, or after the name of a script. */
  readonly startsWith: 'tool' | 'script'
  readonly scopes: readonly CompletionScope[]
}

/** The commands that can follow the program, or the name of a script. */
export interface CompletionScope {
  readonly name: 'tool' | 'script'
  /** The first has no name: it is the program without a command. */
  readonly commands: readonly CompletionCommand[]
}

/** What can follow one command; its name has the names of those above it: `builder create`. */
export interface CompletionCommand {
  readonly name: string
  readonly words: readonly CompletionWord[]
  readonly flags: readonly CompletionFlag[]
}

/** A word with its help. */
export interface CompletionWord {
  readonly text: string
  readonly help: string
}

/** A flag, and what its value can be: `any` text, a `file`, or one of these words. */
export interface CompletionFlag {
  readonly long: string
  readonly short?: string
  readonly help: string
  readonly value?: 'any' | 'file' | readonly string[]
}

/** File name endings of scripts that node and tsx run. */
export const SCRIPT_ENDINGS = ['ts', 'mts', 'cts', 'js', 'mjs', 'cjs'] as const

/** Reads a scope from a program's commands and flags. Operands named `pipelines` are completed with these names. */
export function scopeOf(
  name: CompletionScope['name'],
  program: Command,
  pipelines: readonly string[],
): CompletionScope {
  const all = namesOf(program)
  const read = (command: Command, path: string): readonly CompletionCommand[] => [
    {
      name: path,
      words: [
        ...namesOf(command),
        ...command.registeredArguments.flatMap((operand) => operandWords(operand, all, pipelines)),
      ],
      flags: flagsOf(command),
    },
    ...command.commands.flatMap((below) => read(below, `${path} ${below.name()}`.trim())),
  ]
  return { name, commands: read(program, '') }
}

function namesOf({ commands }: Command): readonly CompletionWord[] {
  return commands.map((command) => ({ text: command.name(), help: command.description() }))
}

function operandWords(
  operand: Argument,
  commands: readonly CompletionWord[],
  pipelines: readonly string[],
): readonly CompletionWord[] {
  const { argChoices, description } = operand
  const name = operand.name()
  if (argChoices !== undefined) return argChoices.map((text) => ({ text, help: description }))
  if (name === 'pipelines') return pipelines.map((text) => ({ text, help: 'pipeline' }))
  return name === 'command' ? commands : []
}

const HELP: CompletionFlag = { long: '--help', short: '-h', help: 'display help for command' }

function flagsOf({ options }: Command): readonly CompletionFlag[] {
  const flags = options.filter(({ hidden }) => !hidden).map(flagOf)
  return [...flags, HELP]
}

function flagOf({ long, short, description, required, argChoices, flags }: Option): CompletionFlag {
  const isFile = /<(file|path)>/.test(flags)
  return {
    long: long ?? '',
    ...(typeof short === 'string' && { short }),
    help: description,
    ...(required && { value: argChoices ?? (isFile ? 'file' : 'any') }),
  }
}

/** All flags of a command line, each once: a flag has the same meaning for every command. */
export function allFlags({ scopes }: Completion): readonly CompletionFlag[] {
  const flags = scopes.flatMap(({ commands }) => commands.flatMap((command) => command.flags))
  return [...new Map(flags.map((flag) => [flag.long, flag])).values()]
}

/** The flags whose next word is their value. */
export function valueFlags(completion: Completion): readonly string[] {
  return allFlags(completion).flatMap(({ long, value }) => (value === undefined ? [] : [long]))
}

/** Scope and name of every command, as the scripts write them: `script plan`. */
export function commandKeys({ scopes }: Completion): readonly string[] {
  return scopes.flatMap(({ name: scope, commands }) =>
    commands.flatMap(({ name }) => (name === '' ? [] : [`${scope} ${name}`])),
  )
}

/** The name of a shell function for a program: `_polyarch_build_ts`. */
export function functionName({ program }: Completion): string {
  const word = program.replace(/[^A-Za-z0-9]+/g, '_')
  return word === 'polyarch' ? '_polyarch' : `_polyarch_${word}`
}
