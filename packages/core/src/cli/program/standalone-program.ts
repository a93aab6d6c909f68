import { Command } from 'commander'
import { collectWhole } from '../builder-flags.js'
import type { CommandContext, ToolCommand } from '../command.js'
import { type Completion, scopeOf } from '../completion/completion.js'
import { createProgram } from './build-program.js'
import { addBuilderCommands } from './builder-commands.js'
import { addAssembleImages, addImageCommands } from './image-commands.js'
import { addPipelineCommands } from './pipeline-commands.js'
import { commandNames, createRoot, refuseWord, STANDALONE_NAME } from './root-command.js'
import { addCompletion, addDoctor, addHelp, addToolCommands } from './tool-commands.js'

const DESCRIPTION = 'Work with multi-platform images, or run a build.ts: polyarch FILE [arguments...]'

/**
 * The command line without a `build.ts`: the commands that need no pipeline, and those of its caller.
 * Its arguments are those of `orderArguments`: the command first.
 */
export function createStandaloneProgram(context: CommandContext, added: readonly ToolCommand[]): Command {
  const program = createRoot(STANDALONE_NAME, DESCRIPTION, context)
    .argument('[file]', 'a build.ts, followed by its arguments')
    .action((word: string | undefined) =>
      word === undefined ? program.outputHelp() : refuseUnknown(word, program, context),
    )
  addImageCommands(program, context, '<names...>')
  addAssembleImages(program, context)
  addDoctor(program, context)
  addBuilderCommands(program, context)
  addToolCommands(program, context)
  for (const command of added) addToolCommand(program, command, context)
  addCompletion(program, context, () => completionOf(program, context))
  addHelp(program)
  return program
}

/** Also completes the commands after the name of a `build.ts`, but not its pipelines. */
function completionOf(program: Command, context: CommandContext): Completion {
  const scopes = [scopeOf('tool', program, []), scopeOf('script', createProgram(context), [])]
  return { program: program.name(), starters: [program.name()], startsWith: 'tool', scopes }
}

function addToolCommand(program: Command, tool: ToolCommand, { host }: CommandContext): void {
  const command = program.command(tool.name).description(tool.summary)
  for (const { written, help } of tool.operands) command.argument(written, help)
  for (const { written, help, choices, isRepeatable } of tool.options) {
    const option = command.createOption(written, help)
    if (isRepeatable) option.argParser(collectWhole)
    command.addOption(choices === undefined ? option : option.choices(choices))
  }
  command.action(() => tool.run(command.args, command.opts(), host))
}

/** A command on pipelines needs a `build.ts`. */
function refuseUnknown(word: string, program: Command, context: CommandContext): never {
  const ofPipelines = new Command()
  addPipelineCommands(ofPipelines, context)
  if (!commandNames(ofPipelines).includes(word)) return refuseWord(program, 'command', word, commandNames(program))
  return program.error(`error: '${word}' needs a build.ts\n(Run \`polyarch build.ts ${word}\`)`)
}
