import { Command } from 'commander'
import { nearest } from '../../definition/issues.js'
import { VERSION } from '../../host/version.js'
import { choosePaint } from '../../report/paint.js'
import { formatUsage } from '../../report/text/error-text.js'
import { withStart } from '../../report/text/start-line.js'
import type { CommandContext } from '../command.js'
import { print } from '../output.js'

/** Names of the programs in their help: the command line of a `build.ts`, and the one without. */
export const BUILD_NAME = 'build.ts'
export const STANDALONE_NAME = 'polyarch'

/** A command as it is written in messages: `npx tsx build.ts builder create`, or after another start. */
export function lineOf(command: Command, program: Command, start = 'npx tsx build.ts'): string {
  return command === program ? start : `${lineOf(command.parent ?? program, program, start)} ${command.name()}`
}

/** A program without commands. Its usage errors are formatted like all others. */
export function createRoot(
  name: string,
  description: string,
  context: Pick<CommandContext, 'host' | 'isStandalone'>,
): Command {
  const { host } = context
  return new Command()
    .name(name)
    .description(description)
    .version(VERSION, '-V, --version', 'print the version of @polyarch/core')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => print(text, host.stdout),
      writeErr: (text) => print(text, host.stderr),
      outputError: (text) => print(withStart(usageText(text, host), context), host.stderr),
    })
    .enablePositionalOptions()
}

function usageText(text: string, { stderr, env }: CommandContext['host']): string {
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
  return formatUsage(message, { ...(hint !== undefined && { hint }), paint })
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
