import type { Command } from 'commander'
import type { CommandContext } from '../command.js'
import { assembleImagesCommand } from '../commands/images/assemble-images-command.js'
import { copyCommand } from '../commands/images/copy-command.js'
import { inspectCommand } from '../commands/images/inspect-command.js'
import { promoteCommand } from '../commands/images/promote-command.js'
import { removeCommand } from '../commands/images/remove-command.js'
import { tagsCommand } from '../commands/images/tags-command.js'
import { addFlags } from '../flags.js'

/** Adds the commands on existing images. Without pipelines, `inspect` needs names. */
export function addImageCommands(program: Command, context: CommandContext, inspectOperand: string): void {
  addFlags(program.command('inspect'), ['registry', 'attestations', 'json', 'verbose'])
    .description('show an index, and the config, size and base of each image')
    .argument(inspectOperand, `image names${inspectOperand.startsWith('[') ? ' (default: the published names)' : ''}`)
    .action((names: string[], _flags, command: Command) => inspectCommand(names, command.opts(), context))
  addFlags(program.command('copy'), ['registry', 'platforms', 'allowRemoval', 'referrers', 'json', 'verbose'])
    .description('copy an image or index, also to or from a directory (oci:DIR:NAME)')
    .argument('<from>', 'name or digest')
    .argument('<to>', 'name to write')
    .action((from: string, to: string, _flags, command: Command) => copyCommand([from, to], command.opts(), context))
  addFlags(program.command('tags'), ['json', 'verbose'])
    .description('list the tags of a repository')
    .argument('<repository>', 'repository, or oci:DIR for an image layout')
    .action((repository: string, _flags, command: Command) => tagsCommand(repository, command.opts(), context))
  addFlags(program.command('remove'), ['verbose'])
    .description('delete tags, or manifests by digest')
    .argument('<names...>', 'names with their tag or digest')
    .action((names: string[]) => removeCommand(names, context))
  addFlags(program.command('promote'), ['registry', 'pipeline', 'allowRemoval', 'referrers', 'json', 'verbose'])
    .description('add tags to a published image or index, by digest')
    .argument('<source>', 'name or digest, or a .json file of --metadata-file or --json')
    .argument('[tags...]', 'tags in its repository, or full names (default: from the file)')
    .action((source: string, tags: string[], _flags, command: Command) =>
      promoteCommand(source, tags, command.opts(), context),
    )
}

/** Adds `assemble` on images; in a `build.ts`, the command of this name is on its pipelines. */
export function addAssembleImages(program: Command, context: CommandContext): void {
  addFlags(program.command('assemble'), [
    ...(['annotation', 'trustDeclared', 'duplicates', 'allowRemoval', 'referrers', 'json', 'verbose'] as const),
  ])
    .description('make an index of existing images')
    .argument('<name>', 'name of the index')
    .argument('<images...>', 'names or digests; with a platform: linux/arm/v7=NAME')
    .action((name: string, images: string[], _flags, command: Command) =>
      assembleImagesCommand(name, images, command.opts(), context),
    )
}
