import type { Command } from 'commander'
import type { CommandContext } from '../command.js'
import { addFlags } from '../flags.js'

/** Adds the commands on existing images. Without pipelines, `inspect` needs names. */
export function addImageCommands(program: Command, context: CommandContext, inspectOperand: string): void {
  addFlags(program.command('inspect'), ['registry', 'attestations', 'json', 'verbose'])
    .description('show an index, and the config, size and base of each image')
    .argument(inspectOperand, `image names${inspectOperand.startsWith('[') ? ' (default: the published names)' : ''}`)
    .action(async (names: string[], _flags, command: Command) =>
      (await import('../commands/images/inspect-command.js')).inspectCommand(names, command.opts(), context),
    )
  addFlags(program.command('copy'), ['registry', 'platforms', 'allowRemoval', 'referrers', 'json', 'verbose'])
    .description('copy an image or index, also to or from a directory (oci:DIR:NAME)')
    .argument('<from>', 'name or digest')
    .argument('<to>', 'name to write')
    .action(async (from: string, to: string, _flags, command: Command) =>
      (await import('../commands/images/copy-command.js')).copyCommand([from, to], command.opts(), context),
    )
  addFlags(program.command('tags'), ['allTags', 'json', 'verbose'])
    .description('list the tags of a repository')
    .argument('<repository>', 'repository, or oci:DIR for an image layout')
    .action(async (repository: string, _flags, command: Command) =>
      (await import('../commands/images/tags-command.js')).tagsCommand(repository, command.opts(), context),
    )
  addFlags(program.command('remove'), ['verbose'])
    .description('delete tags, or manifests by digest')
    .argument('<names...>', 'names with their tag or digest')
    .action(async (names: string[]) =>
      (await import('../commands/images/remove-command.js')).removeCommand(names, context),
    )
  addFlags(program.command('promote'), ['registry', 'pipeline', 'allowRemoval', 'referrers', 'json', 'verbose'])
    .description('add tags to a published image or index, by digest')
    .argument('<source>', 'name or digest, or a .json file of --metadata-file or --json')
    .argument('[tags...]', 'tags in its repository, or full names (default: from the file)')
    .action(async (source: string, tags: string[], _flags, command: Command) =>
      (await import('../commands/images/promote-command.js')).promoteCommand(source, tags, command.opts(), context),
    )
}

/** Adds `assemble` of images; in a `build.ts`, `assemble` publishes its pipelines. */
export function addAssembleImages(program: Command, context: CommandContext): void {
  addFlags(program.command('assemble'), [
    ...(['annotation', 'trustDeclared', 'duplicates', 'allowRemoval', 'referrers', 'json', 'verbose'] as const),
  ])
    .description('make an index of existing images')
    .argument('<name>', 'name of the index')
    .argument('<images...>', 'names or digests; with a platform: linux/arm/v7=NAME')
    .action(async (name: string, images: string[], _flags, command: Command) =>
      (await import('../commands/images/assemble-images-command.js')).assembleImagesCommand(
        name,
        images,
        command.opts(),
        context,
      ),
    )
}
