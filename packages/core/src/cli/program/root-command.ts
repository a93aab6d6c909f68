import { Command } from 'commander'
import { nearest } from '../../definition/issues.js'
import { VERSION } from '../../host/version.js'
import { choosePaint } from '../../report/paint.js'
import { formatUsage } from '../../report/text/error-text.js'
import type { CommandContext } from '../command.js'
import { print } from '../output.js'

/** The name of a program in its help, and the words that start it, in hints. */
export interface ProgramLine {
  readonly name: string
  readonly line: string
}

/** The command line of a `build.ts`. */
export const BUILD = { name: 'build.ts', line: 'npx tsx build.ts' } as const satisfies ProgramLine

/** The command line without a `build.ts`. */
export const STANDALONE = { name: 'polyarch', line: 'npx @polyarch/cli' } as const satisfies ProgramLine

/** A command as it is written: `npx tsx build.ts builder create`, or after another start. */
export function lineOf(command: Command, program: Command, start = startOf(program)): string {
  return command === program ? start : `${lineOf(command.parent ?? program, program, start)} ${command.name()}`
}

/** The words that start a program, in hints. */
function startOf(program: Command): string {
  return program.name() === STANDALONE.name ? STANDALONE.line : BUILD.line
}

/** A program without commands. Its usage errors are formatted like all others. */
export function createRoot(
  { name, line }: ProgramLine,
  description: string,
  { host }: Pick<CommandContext, 'host'>,
): Command {
  return new Command()
    .name(name)
    .description(description)
    .version(VERSION, '-V, --version', 'print the version of @polyarch/core')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => print(text, host.stdout),
      writeErr: (text) => print(text, host.stderr),
      outputError: (text) => print(usageText(text, line, host), host.stderr),
    })
    .enablePositionalOptions()
}

function usageText(text: string, start: string, { stderr, env }: CommandContext['host']): string {
  const [message = '', near] = text
    .replace(/^error: /, '')
    .trimEnd()
    .split('\n')
  const hint =
    near === undefined
      ? undefined
      : near.replace(/^\((.)(.*)\)$/, (_, first: string, rest: string) => {
          return first.toLowerCase() + rest
        })
  const paint = choosePaint({ stream: stderr, env })
  return formatUsage(message, { ...(hint !== undefined && { hint }), paint, start })
}

/** Exits with a usage error and the nearest known word as hint. */
export function refuseWord(program: Command, kind: string, unknown: string, known: readonly string[]): never {
  const near = nearest(unknown, known)
  return program.error(`error: unknown ${kind} '${unknown}'${near === undefined ? '' : `\n(Did you mean ${near}?)`}`)
}

/** The names of a program's commands. */
export function commandNames(program: Command): readonly string[] {
  return program.commands.map((command) => command.name())
}
