import { resolve } from 'node:path'
import { compile } from '../../definition/compile/compile.js'
import type { Pipeline } from '../../definition/declare/pipeline.js'
import type { OptionNames } from '../option-names.js'
import type { PlanOptions } from '../options.js'
import { registryBeforeStart } from '../registry-choice.js'
import { type BakeExport, exportBake } from './bake-file.js'

/** Options of {@link exportDefinition}. */
export interface ExportOptions extends Pick<PlanOptions, 'registry' | 'directory' | 'pipelines'> {}

export const EXPORT_OPTIONS: OptionNames<ExportOptions> = {
  registry: 'string',
  directory: 'string',
  pipelines: 'array',
}

/** Exports pipelines for `docker buildx bake`, without any request. @throws DefinitionError */
export function exportDefinition(
  pipelines: readonly Pipeline[],
  { registry, directory, pipelines: chosen }: ExportOptions,
): BakeExport {
  const definition = compile(pipelines, { registry: registryBeforeStart(registry), directory, chosen })
  return exportBake(definition, resolve(directory ?? '.'))
}
