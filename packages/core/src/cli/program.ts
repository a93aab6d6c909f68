import { Command } from 'commander'
import { pipelineNames } from '../definition/compile/names/pipeline-names.js'
import { nearest } from '../definition/issues.js'
import { choosePaint } from '../report/paint.js'
import { formatUsage } from '../report/text/error-text.js'
import type { CommandContext } from './command.js'
import { buildCommand } from './commands/build-command.js'
import type { BuilderFlags, CreateBuilderFlags } from './commands/builder-commands.js'
import { doctorCommand } from './commands/doctor-command.js'
import { explainCommand } from './commands/explain-command.js'
import { graphCommand } from './commands/graph-command.js'
import { inspectCommand } from './commands/inspect-command.js'
import { lockCommand } from './commands/lock-command.js'
import { planCommand } from './commands/plan-command.js'
import { promoteCommand } from './commands/promote-command.js'
import { pruneCommand } from './commands/prune-command.js'
import { reportCommand } from './commands/report-command.js'
import { type ServeFlags, serveCommand } from './commands/serve-command.js'
import { addFlags, type FlagName } from './flags.js'
import { print } from './output.js'
import { VERSION } from './version.js'

/** Flags of commands that compute what a run would do. */
const PLAN_FLAGS: readonly FlagName[] = [
  ...(['registry', 'frozen', 'json', 'verbose', 'builder', 'emulation', 'only'] as const),
  ...(['contextCache', 'reuse', 'rebuild', 'sign', 'policy'] as const),
]

const PIPELINES_HELP = 'pipelines to include, with those they need (default: all)'

/** The command line of a `build.ts`. Its arguments are those of `orderArguments`: the command first. */
export function createProgram(context: CommandContext): Command {
  const program = new Command()
    .name('build.ts')
    .description('Build multi-platform images with a base per platform and publish them under one tag.')
    .version(VERSION, '-V, --version', 'print the version of @polyarch/core')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => print(text, context.host.stdout),
      writeErr: (text) => print(text, context.host.stderr),
      outputError: (text) => print(usageText(text, context.host), context.host.stderr),
    })
    .enablePositionalOptions()
    .argument('[pipelines...]', PIPELINES_HELP)
    .action((pipelines: string[], _flags, command: Command) => {
      refuseUnknownWords(pipelines, command, context)
      return buildCommand({ ...command.opts(), pipelines }, context)
    })
  addFlags(program, [
    ...PLAN_FLAGS,
    ...(['allowRemoval', 'progress', 'keepGoing', 'report', 'metadataFile', 'load', 'output'] as const),
  ])
  addPipelineCommands(program, context)
  addImageCommands(program, context)
  addBuilderCommands(program, context)
  addToolCommands(program, context)
  return program
}

function addPipelineCommands(program: Command, context: CommandContext): void {
  addFlags(program.command('assemble'), [
    ...(['registry', 'frozen', 'json', 'verbose', 'allowRemoval', 'progress'] as const),
    ...(['contextCache', 'report', 'metadataFile', 'sign', 'policy'] as const),
  ])
    .description('publish images built with --only on other machines; builds nothing')
    .argument('[pipelines...]', PIPELINES_HELP)
    .action((pipelines: string[], _flags, command: Command) =>
      buildCommand({ ...command.opts(), pipelines, build: false }, context),
    )
  addFlags(program.command('plan'), [...PLAN_FLAGS, 'exitCode'])
    .description('show what would be built, pushed and tagged, with reasons; makes no changes')
    .argument('[pipelines...]', PIPELINES_HELP)
    .action((pipelines: string[], _flags, command: Command) => planCommand({ ...command.opts(), pipelines }, context))
  addFlags(program.command('graph'), [...PLAN_FLAGS, 'format', 'out', 'definitionOnly'])
    .description('draw the dependency graph with the actions of a run')
    .argument('[pipelines...]', PIPELINES_HELP)
    .action((pipelines: string[], _flags, command: Command) => graphCommand({ ...command.opts(), pipelines }, context))
  addFlags(program.command('lock'), ['update', 'registry', 'json', 'verbose', 'contextCache'])
    .description('write polyarch.lock with the digests of upstream images')
    .argument('[names...]', 'with --update: only these names')
    .action((names: string[], _flags, command: Command) => lockCommand(names, command.opts(), context))
  addFlags(program.command('doctor'), ['registry', 'builder', 'json', 'verbose'])
    .description('check engine, platforms, registries and this machine')
    .action((_flags, command: Command) => doctorCommand(command.opts(), context))
  addFlags(program.command('prune'), [
    'delete',
    'keep',
    'olderThan',
    'registry',
    'frozen',
    'json',
    'verbose',
    'contextCache',
  ])
    .description('list unneeded key tags of these repositories, or delete them')
    .action((_flags, command: Command) => pruneCommand(command.opts(), context))
}

function addImageCommands(program: Command, context: CommandContext): void {
  addFlags(program.command('inspect'), ['registry', 'json', 'verbose'])
    .description('show an index, and the config, size and base of each image')
    .argument('[names...]', 'image names (default: the published names)')
    .action((names: string[], _flags, command: Command) => inspectCommand(names, command.opts(), context))
  addFlags(program.command('promote'), ['registry', 'pipeline', 'allowRemoval', 'referrers', 'json', 'verbose'])
    .description('add tags to a published image or index, by digest')
    .argument('<source>', 'name or digest, or a .json file of --metadata-file or --json')
    .argument('[tags...]', 'tags in its repository, or full names (default: from the file)')
    .action((source: string, tags: string[], _flags, command: Command) =>
      promoteCommand(source, tags, command.opts(), context),
    )
}

function addBuilderCommands(program: Command, context: CommandContext): void {
  const commands = () => import('./commands/builder-commands.js')
  const builder = program.command('builder').description('create, list and remove builders on Kubernetes')
  addFlags(builder.command('create'), [
    ...(['platform', 'image', 'replicas', 'nodeSelector', 'toleration', 'request', 'limit'] as const),
    ...(['rootless', 'config', 'qemu', 'wait', 'dryRun', 'json', 'verbose'] as const),
  ])
    .description('apply a Deployment of buildkitd per platform set')
    .argument('<address>', 'kubernetes://[CONTEXT/]NAMESPACE/NAME')
    .action(async (address: string, flags: CreateBuilderFlags) =>
      (await commands()).createBuilderCommand(address, flags, context),
    )
  addFlags(builder.command('list'), ['json', 'verbose'])
    .description('show the builders that polyarch created in a namespace')
    .argument('[address]', 'kubernetes://[CONTEXT/]NAMESPACE (default: those of kubectl)')
    .action(async (address: string | undefined, flags: BuilderFlags) =>
      (await commands()).listBuildersCommand(address, flags, context),
    )
  addFlags(builder.command('remove'), ['json', 'verbose'])
    .description('remove a builder that polyarch created')
    .argument('<address>', 'kubernetes://[CONTEXT/]NAMESPACE/NAME')
    .action(async (address: string, flags: BuilderFlags) =>
      (await commands()).removeBuilderCommand(address, flags, context),
    )
}

function addToolCommands(program: Command, context: CommandContext): void {
  addFlags(program.command('report'), ['out', 'verbose'])
    .description('make the HTML page of a run from its events')
    .argument('<events>', 'file written by --progress json')
    .action((events: string, flags: { readonly out?: string }) => reportCommand(events, flags, context))
  addFlags(program.command('serve'), ['port', 'hostName', 'sparse', 'verbose'])
    .description('run the embedded registry until Ctrl-C')
    .argument('[directory]', 'directory of its content (default: that of --registry embedded)')
    .action((directory: string | undefined, flags: ServeFlags) => serveCommand(directory, flags, context))
  program
    .command('explain')
    .description('explain an error code and what to do')
    .argument('<code>', 'error code, such as BUILD_FAILED')
    .action((code: string) => explainCommand(code, context))
  program
    .command('help')
    .description('show the help of this program or of a command')
    .argument('[command]', 'name of the command')
    .action((name: string | undefined) => {
      const command = name === undefined ? program : program.commands.find((one) => one.name() === name)
      return (command ?? refuseCommand(name ?? '', program)).outputHelp()
    })
}

/** Formats commander's errors like all others. */
function usageText(said: string, { stderr, env }: CommandContext['host']): string {
  const [message = '', near] = said
    .replace(/^error: /, '')
    .trimEnd()
    .split('\n')
  const hint = near === undefined ? undefined : near.replace(/^\(D(.*)\)$/, 'd$1')
  return formatUsage(message, hint, choosePaint({ stream: stderr, env }))
}

/** Refuses words that are not pipelines. A command is the first word, and would have been run. */
function refuseUnknownWords(words: readonly string[], program: Command, { pipelines }: CommandContext): void {
  const names = pipelineNames(pipelines)
  const unknown = words.find((word) => !names.includes(word))
  if (unknown === undefined) return
  const commands = program.commands.map((command) => command.name())
  const near = commands.includes(unknown) ? `${unknown} as the first word` : nearest(unknown, [...commands, ...names])
  const hint = near === undefined ? '' : `\n(Did you mean ${near}?)`
  program.error(`error: unknown command or pipeline '${unknown}'${hint}`)
}

function refuseCommand(unknown: string, program: Command): never {
  const near = nearest(
    unknown,
    program.commands.map((command) => command.name()),
  )
  return program.error(`error: unknown command '${unknown}'${near === undefined ? '' : `\n(Did you mean ${near}?)`}`)
}
