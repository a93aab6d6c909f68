import { Argument, type Command } from 'commander'
import type { CommandContext } from '../command.js'
import { completionCommand, SHELLS, type Shell } from '../commands/completion-command.js'
import type { ReportFlags } from '../commands/report-command.js'
import type { ServeFlags } from '../commands/serve-command.js'
import type { Completion } from '../completion/completion.js'
import { addFlags } from '../flags.js'
import { commandNames, refuseWord } from './root-command.js'

/** Adds `doctor`. */
export function addDoctor(program: Command, context: CommandContext): void {
  addFlags(program.command('doctor'), ['registry', 'builder', 'builderRegistry', 'json', 'verbose'])
    .description('check builders, platforms, registries and this machine')
    .action(async (_flags, command: Command) =>
      (await import('../commands/doctor-command.js')).doctorCommand(command.opts(), context),
    )
}

/** Adds the commands that need no image. */
export function addToolCommands(program: Command, context: CommandContext): void {
  addFlags(program.command('report'), ['out', 'junit', 'verbose'])
    .description('make the HTML page or JUnit XML of a recorded run')
    .argument('<events>', 'file written by --progress json')
    .action(async (events: string, flags: ReportFlags) =>
      (await import('../commands/report-command.js')).reportCommand(events, flags, context),
    )
  addFlags(program.command('serve'), ['port', 'hostName', 'sparse', 'verbose'])
    .description('run the embedded registry until Ctrl-C')
    .argument('[directory]', 'directory of its content (default: that of --registry embedded)')
    .action(async (directory: string | undefined, flags: ServeFlags) =>
      (await import('../commands/serve-command.js')).serveCommand(directory, flags, context),
    )
  program
    .command('explain')
    .description('explain an error code and what to do')
    .argument('<code>', 'error code, such as BUILD_FAILED')
    .action(async (code: string) => (await import('../commands/explain-command.js')).explainCommand(code, context))
}

/** Adds `completion`. */
export function addCompletion(program: Command, context: CommandContext, completion: () => Completion): void {
  program
    .command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>', 'shell that loads the script').choices(SHELLS))
    .action((shell: Shell) => completionCommand(shell, completion(), context))
}

/** Adds `help`, as the last command. */
export function addHelp(program: Command): void {
  program
    .command('help')
    .description('show the help of this program or of a command')
    .argument('[command]', 'name of the command')
    .action((name: string | undefined) => {
      const command = name === undefined ? program : program.commands.find((one) => one.name() === name)
      return (command ?? refuseWord(program, 'command', name ?? '', commandNames(program))).outputHelp()
    })
}
