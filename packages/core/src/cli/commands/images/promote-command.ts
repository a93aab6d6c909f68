import { readFile } from 'node:fs/promises'
import { DefinitionError } from '../../../model/errors.js'
import { parseJson } from '../../../model/json.js'
import { promote } from '../../../operations/images/on-images.js'
import { IMAGE_OPTIONS } from '../../../operations/option-names.js'
import { formatPromoted } from '../../../report/text/image-text.js'
import type { CommandContext, PipelineFlags } from '../../command.js'
import { jsonText, printResult } from '../../output.js'
import { optionsOf } from '../../run-options.js'

/** `build.ts promote`: adds tags to a published image or index. */
export async function promoteCommand(
  source: string,
  tags: readonly string[],
  flags: PipelineFlags,
  context: CommandContext,
): Promise<void> {
  const { host } = context
  const { referrers = true, pipeline: chosen = [] } = flags
  const from = source.endsWith('.json') ? await readRecord(source) : source
  const changes = await promote(from, tags, {
    ...optionsOf(flags, context, PROMOTE_FLAGS),
    pipelines: chosen,
    referrers,
  })
  printResult(flags.json ? jsonText(changes) : formatPromoted(changes), host)
}

/** The options of `promote` that it shares with other commands. */
const PROMOTE_FLAGS = { ...IMAGE_OPTIONS, allowRemoval: 'boolean' } as const

async function readRecord(path: string): Promise<Exclude<Parameters<typeof promote>[0], string>> {
  try {
    const record: unknown = parseJson(await readFile(path, 'utf8'))
    if (typeof record === 'object' && record !== null) return record as Exclude<Parameters<typeof promote>[0], string>
  } catch (cause) {
    if (!(cause instanceof SyntaxError) && !(cause instanceof Error && 'code' in cause)) throw cause
  }
  const hint = 'use a file written by --metadata-file or --json'
  throw new DefinitionError([{ path: 'promote', message: `'${path}' cannot be read as JSON`, hint }], 'USAGE')
}
