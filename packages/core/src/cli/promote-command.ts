import { readFile } from 'node:fs/promises'
import { DefinitionError } from '../model/errors.js'
import { parseJson } from '../model/json.js'
import { promote } from '../operations/on-images.js'
import { formatPromoted } from '../report/report-text.js'
import type { CommandContext, PipelineFlags } from './command.js'
import { jsonText, printResult } from './output.js'

/** `build.ts promote`: puts what has been published under tags. */
export async function promoteCommand(
  source: string,
  tags: readonly string[],
  { allowRemoval = false, referrers = true, json }: PipelineFlags,
  { host, signal, defaults: { registryClient = {} } }: CommandContext,
): Promise<void> {
  const from = source.endsWith('.json') ? await readRecord(source) : source
  const changes = await promote(from, tags, { allowRemoval, referrers, signal, registryClient })
  printResult(json ? jsonText(changes) : formatPromoted(changes), host)
}

async function readRecord(path: string): Promise<Exclude<Parameters<typeof promote>[0], string>> {
  try {
    const record: unknown = parseJson(await readFile(path, 'utf8'))
    if (typeof record === 'object' && record !== null) return record as Exclude<Parameters<typeof promote>[0], string>
  } catch (cause) {
    if (!(cause instanceof SyntaxError) && !(cause instanceof Error && 'code' in cause)) throw cause
  }
  const hint = 'name a file that --metadata-file has written, or the JSON that --json has printed'
  throw new DefinitionError([{ path: 'promote', message: `'${path}' cannot be read as JSON`, hint }], 'USAGE')
}
