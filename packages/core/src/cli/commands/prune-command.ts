import { parseDuration } from '../../operations/duration.js'
import { prune } from '../../operations/on-pipelines.js'
import { PRUNE_OPTIONS } from '../../operations/option-names.js'
import { formatPruned } from '../../report/text/prune-text.js'
import type { CommandContext, PipelineFlags } from '../command.js'
import { EXIT } from '../exit-code.js'
import { jsonText, printResult } from '../output.js'
import { optionsOf } from '../run-options.js'

type PruneFlags = PipelineFlags & {
  readonly delete?: boolean
  readonly keep?: readonly string[]
  readonly olderThan?: string
}

/** `build.ts prune`: lists or deletes key tags that nothing needs. */
export async function pruneCommand(flags: PruneFlags, context: CommandContext): Promise<void> {
  const { host, pipelines } = context
  const { json, delete: deletes = false, keep = [], olderThan } = flags
  const options = {
    ...optionsOf(flags, context, PRUNE_OPTIONS),
    delete: deletes,
    keep,
    ...(olderThan !== undefined && { olderThan: parseDuration(olderThan, '--older-than') }),
  }
  const tags = await prune(...pipelines, options)
  printResult(json ? jsonText(tags) : formatPruned(tags), host)
  if (tags.some(({ outcome, why }) => outcome === 'kept' && why !== 'unreadable')) host.exitCode = EXIT.failed
}
