import type { Command } from 'commander'
import type { CommandContext } from '../command.js'
import { buildCommand } from '../commands/build-command.js'
import { addFlags, type FlagName } from '../flags.js'

/** Flags of commands that compute what a run would do. */
export const PLAN_FLAGS: readonly FlagName[] = [
  ...(['registry', 'frozen', 'json', 'verbose', 'builder', 'builderRegistry', 'emulation', 'only'] as const),
  ...(['localCache', 'reuse', 'rebuild', 'sign', 'policy'] as const),
]

export const PIPELINES_HELP = 'pipelines to include, with those they need (default: all)'

/** Adds the commands on the pipelines of a `build.ts`. */
export function addPipelineCommands(program: Command, context: CommandContext): void {
  addFlags(program.command('assemble'), [
    ...(['registry', 'frozen', 'json', 'verbose', 'allowRemoval', 'progress'] as const),
    ...(['localCache', 'skipTests', 'verify', 'report', 'junit', 'metadataFile', 'sign', 'policy'] as const),
  ])
    .description('publish images built with --only on other machines; builds nothing')
    .argument('[pipelines...]', PIPELINES_HELP)
    .action((pipelines: string[], _flags, command: Command) =>
      buildCommand({ ...command.opts(), pipelines, build: false }, context),
    )
  addFlags(program.command('test'), [
    ...PLAN_FLAGS.filter((name) => name !== 'sign'),
    ...(['progress', 'keepGoing', 'report', 'junit'] as const),
  ])
    .description('build missing images and run their tests; moves no tag')
    .argument('[pipelines...]', PIPELINES_HELP)
    .action((pipelines: string[], _flags, command: Command) =>
      buildCommand({ ...command.opts(), pipelines, publish: false }, context),
    )
  addFlags(program.command('plan'), [...PLAN_FLAGS, 'skipTests', 'exitCode'])
    .description('show what would be built, pushed and tagged; makes no changes')
    .argument('[pipelines...]', PIPELINES_HELP)
    .action(async (pipelines: string[], _flags, command: Command) =>
      (await import('../commands/plan-command.js')).planCommand({ ...command.opts(), pipelines }, context),
    )
  addFlags(program.command('graph'), [...PLAN_FLAGS, 'skipTests', 'format', 'out', 'definitionOnly'])
    .description('draw the dependency graph with the actions of a run')
    .argument('[pipelines...]', PIPELINES_HELP)
    .action(async (pipelines: string[], _flags, command: Command) =>
      (await import('../commands/graph-command.js')).graphCommand({ ...command.opts(), pipelines }, context),
    )
  addFlags(program.command('export'), ['exportFormat', 'out', 'registry', 'verbose'])
    .description('write the definition for another tool, with notes of its limits')
    .argument('[pipelines...]', PIPELINES_HELP)
    .action(async (pipelines: string[], _flags, command: Command) =>
      (await import('../commands/export-command.js')).exportCommand({ ...command.opts(), pipelines }, context),
    )
  addFlags(program.command('matrix'), ['runner', 'registry', 'json', 'verbose'])
    .description('list the platforms as jobs of a CI matrix')
    .argument('[pipelines...]', PIPELINES_HELP)
    .action(async (pipelines: string[], _flags, command: Command) =>
      (await import('../commands/matrix-command.js')).matrixCommand({ ...command.opts(), pipelines }, context),
    )
  addFlags(program.command('lock'), ['update', 'registry', 'json', 'verbose', 'localCache'])
    .description('write polyarch.lock with the digests of upstream images')
    .argument('[names...]', 'with --update: only these names')
    .action(async (names: string[], _flags, command: Command) =>
      (await import('../commands/lock-command.js')).lockCommand(names, command.opts(), context),
    )
  addFlags(program.command('prune'), [
    ...(['delete', 'keep', 'olderThan', 'registry', 'frozen', 'json', 'verbose', 'localCache'] as const),
  ])
    .description('list unneeded key tags of these repositories, or delete them')
    .action(async (_flags, command: Command) =>
      (await import('../commands/prune-command.js')).pruneCommand(command.opts(), context),
    )
}
