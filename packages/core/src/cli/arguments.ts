import type { Command, Option } from 'commander'
import { nearest } from '../definition/issues.js'
import { DefinitionError } from '../model/errors.js'
import { lineOf } from './program/root-command.js'

/** Flags that print something about the program itself: they are valid for every command. */
const PROGRAM_FLAGS: readonly string[] = ['--version', '-V']
const HELP_FLAGS: readonly string[] = ['--help', '-h']

/**
 * Moves the command to the front, so that flags may precede it, and rejects flags that it does not have.
 *
 * @param argv - as `process.argv`: the first two are the interpreter and the script.
 * @throws DefinitionError USAGE for a flag that does not exist, that the command cannot use, or that has one value and
 * is repeated
 */
export function orderArguments(argv: readonly string[], program: Command): readonly string[] {
  const words = argv.slice(2)
  const { flags, plain } = scan(words, program)
  const path = commandPath(
    program,
    plain.map((at) => words[at] ?? ''),
  )
  const command = path.at(-1) ?? program
  for (const flag of flags) if (!hasFlag(command, flag)) throw unusable(flag, command, program)
  refuseRepeated(flags, command)
  if (command === program) return argv
  const named = plain.slice(0, path.length)
  const own = words.filter((_word, index) => !named.includes(index))
  const ofProgram = own.filter((word) => PROGRAM_FLAGS.includes(word))
  const names = path.map((one) => one.name())
  return [...argv.slice(0, 2), ...ofProgram, ...names, ...own.filter((word) => !PROGRAM_FLAGS.includes(word))]
}

/** Whether `--verbose` is set, even if the other arguments are not valid. */
export function isVerbose(argv: readonly string[]): boolean {
  return argv.some((word) => word === '--verbose' || /^-q*v[qv]*$/.test(word))
}

interface Scan {
  readonly flags: readonly string[]
  /** Indexes of arguments that are neither flags nor values of flags. */
  readonly plain: readonly number[]
}

function scan(words: readonly string[], program: Command): Scan {
  const options = new Map(
    allCommands(program)
      .flatMap((one) => one.options)
      .flatMap((option) => spellings(option, option)),
  )
  const flags: string[] = []
  const plain: number[] = []
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? ''
    if (word === '--') break
    if (!word.startsWith('-') || word === '-') {
      plain.push(index)
      continue
    }
    const own = flagsIn(word, options)
    flags.push(...own)
    const takesValue = options.get(own.at(-1) ?? '')?.required === true
    if (takesValue && !word.includes('=')) index += 1
  }
  return { flags, plain }
}

function spellings(option: Option, value: Option): readonly (readonly [string, Option])[] {
  return [option.long, option.short].flatMap((one) =>
    one === undefined || one === null ? [] : [[one, value] as const],
  )
}

/** `--name`, `--name=value`, or short flags in one word: `-qv`. */
function flagsIn(word: string, options: ReadonlyMap<string, Option>): readonly string[] {
  if (word.startsWith('--')) return [word.split('=', 1)[0] ?? word]
  const letters = [...word.slice(1)].map((letter) => `-${letter}`)
  return letters.every((flag) => options.has(flag) || HELP_FLAGS.includes(flag)) ? letters : [word]
}

/** The command of a path of words: `builder create`. */
function commandPath(program: Command, [word, ...rest]: readonly string[]): readonly Command[] {
  const found = program.commands.find((command) => command.name() === word)
  return found === undefined ? [] : [found, ...commandPath(found, rest)]
}

/** A command with its subcommands. */
function allCommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(allCommands)]
}

function hasFlag(command: Command, flag: string): boolean {
  return PROGRAM_FLAGS.includes(flag) || HELP_FLAGS.includes(flag) || longFlags(command, true).includes(flag)
}

function longFlags(command: Command, withShort = false): readonly string[] {
  return command.options.flatMap(({ long, short }) => [long ?? [], withShort ? (short ?? []) : []].flat())
}

function unusable(flag: string, command: Command, program: Command): DefinitionError {
  const own = lineOf(command, program, program.name())
  const others = allCommands(program).filter((one) => longFlags(one, true).includes(flag))
  if (others.length > 0) {
    const lines = others.map((one) => `'${lineOf(one, program)}'`)
    return usage(flag, `'${own}' does not support this flag`, `use it with ${lines.join(' or ')}`)
  }
  const all = allCommands(program).flatMap((one) => longFlags(one))
  const near = nearest(flag, longFlags(command)) ?? nearest(flag, all)
  const hint = near === undefined ? `'${lineOf(command, program)} --help' lists the flags` : `did you mean '${near}'?`
  return usage(flag, 'the flag does not exist', hint)
}

/** Rejects a flag with one value that is set twice: commander would use the last value only. */
function refuseRepeated(flags: readonly string[], command: Command): void {
  for (const option of command.options.filter(takesOneValue)) {
    const given = flags.filter((flag) => flag === option.long || flag === option.short)
    if (given.length > 1) {
      throw usage(option.long ?? option.flags, `the flag is set ${given.length} times`, 'set it once, to one value')
    }
  }
}

/** Repeatable flags have a parser that collects their values; choices have one that compares them. */
function takesOneValue({ required, parseArg, argChoices }: Option): boolean {
  return required && (parseArg === undefined || argChoices !== undefined)
}

function usage(path: string, message: string, hint: string): DefinitionError {
  return new DefinitionError([{ path, message, hint }], 'USAGE')
}
