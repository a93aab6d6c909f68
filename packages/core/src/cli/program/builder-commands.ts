import type { Command } from 'commander'
import type { CommandContext } from '../command.js'
import type { BuilderFlags, CreateBuilderFlags } from '../commands/builder-commands.js'
import { addFlags } from '../flags.js'

/** Adds the commands on builders. */
export function addBuilderCommands(program: Command, context: CommandContext): void {
  const commands = () => import('../commands/builder-commands.js')
  const builder = program.command('builder').description('create, list and remove builders on Kubernetes')
  addFlags(builder.command('create'), [
    ...(['platform', 'image', 'replicas', 'nodeSelector', 'toleration', 'request', 'limit'] as const),
    ...(['rootless', 'config', 'qemu', 'wait', 'dryRun', 'manifestFormat', 'json', 'verbose'] as const),
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
