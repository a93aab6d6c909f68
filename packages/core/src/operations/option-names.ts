import type { Pipeline } from '../definition/declare/pipeline.js'
import { suggest } from '../definition/issues.js'
import { DefinitionError, type Issue } from '../model/errors.js'
import type {
  ExecuteOptions,
  ImageOptions,
  InspectOptions,
  LockOptions,
  OperationOptions,
  PipelineOptions,
  PlanOptions,
  PruneOptions,
} from './options.js'

/** The names of all options of an operation. The compiler compares them with the type. */
export type OptionNames<Options extends object> = { readonly [Name in keyof Required<Options>]: true }

export const OPERATION_OPTIONS: OptionNames<OperationOptions> = { registryClient: true, signal: true }

export const IMAGE_OPTIONS: OptionNames<ImageOptions> = { ...OPERATION_OPTIONS, registry: true }

export const INSPECT_OPTIONS: OptionNames<InspectOptions> = { ...IMAGE_OPTIONS, attestations: true }

export const PIPELINE_OPTIONS: OptionNames<PipelineOptions> = {
  ...OPERATION_OPTIONS,
  registry: true,
  localCache: true,
  cacheDirectory: true,
  directory: true,
}

export const PLAN_OPTIONS: OptionNames<PlanOptions> = {
  ...PIPELINE_OPTIONS,
  builders: true,
  engines: true,
  engine: true,
  builderRegistry: true,
  pipelines: true,
  only: true,
  reuse: true,
  rebuild: true,
  frozen: true,
  build: true,
  emulation: true,
  sign: true,
  policy: true,
  publish: true,
  skipTests: true,
}

export const EXECUTE_OPTIONS: OptionNames<ExecuteOptions> = {
  ...PLAN_OPTIONS,
  keepGoing: true,
  metadataFile: true,
  reportLayers: true,
  buildConcurrency: true,
  load: true,
  outputs: true,
  verify: true,
  allowRemoval: true,
  onEvent: true,
}

export const LOCK_OPTIONS: OptionNames<LockOptions> = { ...PIPELINE_OPTIONS, update: true }

export const PRUNE_OPTIONS: OptionNames<PruneOptions> = {
  ...PIPELINE_OPTIONS,
  frozen: true,
  delete: true,
  keep: true,
  olderThan: true,
}

/**
 * Rejects options that an operation does not have, for callers without a compiler.
 *
 * @param operation - its function name: `plan`
 * @throws DefinitionError USAGE with every such option
 */
export function checkOptions<Options extends object>(
  operation: string,
  options: Partial<Options>,
  names: OptionNames<Options>,
): void {
  const known = Object.keys(names)
  const issues = Object.entries(options)
    .filter(([name, value]) => value !== undefined && !known.includes(name))
    .map(([name]): Issue => {
      const isOfExecute = name in EXECUTE_OPTIONS
      const hint = isOfExecute ? 'use it with execute(…)' : suggest(name, known)
      return { path: `${operation}(options)`, message: `option '${name}' of ${operation}(…) does not exist`, hint }
    })
  if (issues.length > 0) throw new DefinitionError(issues, 'USAGE')
}

/** Picks the options of an operation. */
export function pickOptions<Options extends object>(all: Partial<Options>, names: OptionNames<Options>): Options {
  return Object.fromEntries(Object.entries(all).filter(([name]) => name in names)) as Options
}

/**
 * Separates pipelines from the options after them; without any, the options are `{}`.
 *
 * @throws DefinitionError USAGE for options that the operation does not have
 */
export function splitArguments<Options extends object>(
  operation: string,
  given: readonly (Pipeline | Options)[],
  names: OptionNames<Options>,
): { readonly pipelines: readonly Pipeline[]; readonly options: Partial<Options> } {
  const pipelines = given.filter((one): one is Pipeline => !isOptions(one))
  const options = given.filter((one): one is Options => isOptions(one))
  if (options.length > 1) {
    const message = `${options.length} options objects were passed`
    throw new DefinitionError([{ path: `${operation}(options)`, message, hint: 'merge them into one' }], 'USAGE')
  }
  checkOptions(operation, options[0] ?? {}, names)
  return { pipelines, options: options[0] ?? {} }
}

/** Any other value is validated as a pipeline, such as undefined from modules that import each other. */
function isOptions(one: unknown): boolean {
  return typeof one === 'object' && one !== null && !('kind' in one)
}
