import { EXPORT_OPTIONS, exportDefinition } from '../../operations/outputs/export-definition.js'
import type { CommandContext, PipelineFlags } from '../command.js'
import { jsonText, printNote, writeResult } from '../output.js'
import { optionsOf } from '../run-options.js'

/** Flags of `export`. */
export interface ExportFlags extends PipelineFlags {
  readonly out?: string
}

/** `build.ts export`: writes the definition for another tool, with notes on its limits. */
export async function exportCommand(flags: ExportFlags, context: CommandContext): Promise<void> {
  const { file, notes } = exportDefinition(context.pipelines, optionsOf(flags, context, EXPORT_OPTIONS))
  await writeResult(jsonText(file), '--out', flags.out, context.host)
  for (const note of [...notes, ...runNotes(context)]) printNote(`note: ${note}`, context.host)
}

/** Adds notes on options of `run` that change what is published. */
function runNotes({ defaults: { sign, policy } }: CommandContext): readonly string[] {
  return [
    ...(sign === undefined ? [] : ['bake does not sign: run `cosign sign` after it']),
    ...(policy === undefined ? [] : ['bake does not apply the policy of build.ts']),
  ]
}
