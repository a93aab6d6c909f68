import type { Pipeline } from '../definition/declare/pipeline.js'
import { suggest } from '../definition/issues.js'
import { DefinitionError, type Issue } from '../model/errors.js'
import { type OptionType, typeIssue } from './option-types.js'
import {
  EMULATION_POLICIES,
  type ExecuteOptions,
  type ImageOptions,
  type InspectOptions,
  type LockOptions,
  type OperationOptions,
  type PipelineOptions,
  type PlanOptions,
  type PruneOptions,
  VERIFY_MODES,
} from './options.js'

/** The names and types of all options of an operation. The compiler compares them with the type. */
export type OptionNames<Options extends object> = {
  readonly [Name in keyof Required<Options>]: OptionType<Required<Options>[Name]>
}

/** A table with the names of options. */
export type OptionKeys<Options extends object> = { readonly [Name in keyof Required<Options>]: unknown }

export const OPERATION_OPTIONS: OptionNames<OperationOptions> = { registryClient: 'object', signal: 'signal' }

export const IMAGE_OPTIONS: OptionNames<ImageOptions> = { ...OPERATION_OPTIONS, registry: 'string' }

export const INSPECT_OPTIONS: OptionNames<InspectOptions> = { ...IMAGE_OPTIONS, attestations: 'boolean' }

export const PIPELINE_OPTIONS: OptionNames<PipelineOptions> = {
  ...OPERATION_OPTIONS,
  registry: 'string',
  localCache: 'boolean',
  cacheDirectory: 'string',
  directory: 'string',
}

export const PLAN_OPTIONS: OptionNames<PlanOptions> = {
  ...PIPELINE_OPTIONS,
  builders: 'array',
  engines: 'array',
  engine: 'object',
  builderRegistry: 'string',
  pipelines: 'array',
  only: 'array',
  reuse: 'boolean',
  rebuild: 'array',
  frozen: 'boolean',
  build: 'boolean',
  emulation: EMULATION_POLICIES,
  sign: 'object',
  policy: 'object',
  publish: 'boolean',
  skipTests: 'boolean',
}

export const EXECUTE_OPTIONS: OptionNames<ExecuteOptions> = {
  ...PLAN_OPTIONS,
  keepGoing: 'boolean',
  metadataFile: 'string',
  reportLayers: 'boolean',
  buildConcurrency: 'count',
  load: 'boolean or array',
  outputs: 'array',
  verify: VERIFY_MODES,
  allowRemoval: 'boolean',
  onEvent: 'function',
}

export const LOCK_OPTIONS: OptionNames<LockOptions> = { ...PIPELINE_OPTIONS, update: 'boolean or array' }

export const PRUNE_OPTIONS: OptionNames<PruneOptions> = {
  ...PIPELINE_OPTIONS,
  frozen: 'boolean',
  delete: 'boolean',
  keep: 'array',
  olderThan: 'duration',
}

/**
 * Rejects options that an operation does not have, and values of another type, for callers without a compiler.
 *
 * @param operation - its function name: `plan`
 * @throws DefinitionError USAGE with every such option
 */
export function checkOptions<Options extends object>(
  operation: string,
  options: Partial<Options>,
  names: OptionNames<Options>,
): void {
  const types = new Map(Object.entries(names) as [string, Parameters<typeof typeIssue>[1]][])
  const path = `${operation}(options)`
  const issues = Object.entries(options).flatMap(([name, value]): readonly Issue[] => {
    if (value === undefined) return []
    const type = types.get(name)
    if (type === undefined) {
      const hint = name in EXECUTE_OPTIONS ? 'use it with execute(…)' : suggest(name, [...types.keys()])
      return [{ path, message: `option '${name}' of ${operation}(…) does not exist`, hint }]
    }
    const issue = typeIssue(value, type)
    return issue === undefined ? [] : [{ ...issue, path, message: `option '${name}' ${issue.message}` }]
  })
  if (issues.length > 0) throw new DefinitionError(issues, 'USAGE')
}

/** Picks the options of an operation. */
export function pickOptions<Options extends object>(all: Partial<Options>, names: OptionKeys<Options>): Options {
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
