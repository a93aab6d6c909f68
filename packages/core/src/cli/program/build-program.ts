import { basename } from 'node:path'
import type { Command } from 'commander'
import { pipelineNames } from '../../definition/compile/names/pipeline-names.js'
import type { CommandContext } from '../command.js'
import { buildCommand } from '../commands/build-command.js'
import { type Completion, scopeOf } from '../completion/completion.js'
import { addFlags } from '../flags.js'
import { addBuilderCommands } from './builder-commands.js'
import { addImageCommands } from './image-commands.js'
import { addPipelineCommands, PIPELINES_HELP, PLAN_FLAGS } from './pipeline-commands.js'
import { BUILD_NAME, commandNames, createRoot, refuseWord } from './root-command.js'
import { addCompletion, addDoctor, addHelp, addToolCommands } from './tool-commands.js'

const DESCRIPTION = 'Build multi-platform images with a base per platform and publish them under one tag.'

/** The command line of a `build.ts`. Its arguments are those of `orderArguments`: the command first. */
export function createProgram(context: CommandContext): Command {
  const program = createRoot(BUILD_NAME, DESCRIPTION, context)
    .argument('[pipelines...]', PIPELINES_HELP)
    .action((pipelines: string[], _flags, command: Command) => {
      refuseUnknownWords(pipelines, command, context)
      return buildCommand({ ...command.opts(), pipelines }, context)
    })
  addFlags(program, [
    ...PLAN_FLAGS,
    ...(['allowRemoval', 'progress', 'keepGoing', 'skipTests', 'verify', 'report', 'junit'] as const),
    ...(['metadataFile', 'load', 'output'] as const),
  ])
  addPipelineCommands(program, context)
  addDoctor(program, context)
  addImageCommands(program, context, '[names...]')
  addBuilderCommands(program, context)
  addToolCommands(program, context)
  addCompletion(program, context, () => completionOf(program, context))
  addHelp(program)
  return program
}

/** Programs that run a `build.ts`. */
const SCRIPT_STARTERS = ['npx', 'tsx', 'node']

function completionOf(program: Command, { pipelines, host }: CommandContext): Completion {
  const file = basename(host.argv[1] ?? program.name())
  return {
    program: file,
    starters: [...SCRIPT_STARTERS, file, `./${file}`],
    startsWith: 'script',
    scopes: [scopeOf('script', program, pipelineNames(pipelines))],
  }
}

/** Rejects words that are not pipelines. A command must be the first word. */
function refuseUnknownWords(words: readonly string[], program: Command, { pipelines }: CommandContext): void {
  const names = pipelineNames(pipelines)
  const unknown = words.find((word) => !names.includes(word))
  if (unknown === undefined) return
  const commands = commandNames(program)
  if (commands.includes(unknown)) {
    const hint = `(Did you mean ${unknown} as the first word?)`
    program.error(`error: unknown command or pipeline '${unknown}'\n${hint}`)
  }
  refuseWord(program, 'command or pipeline', unknown, [...commands, ...names])
}
