import type { Plan } from '../model/run/plan.js'
import type { ExecuteReport } from '../report/execute-report.js'
import type { ExecuteOptions, LockOptions, PipelinesAndOptions, PlanOptions, PruneOptions } from './options.js'
import type { PrunedTag } from './prune/prune.js'
import type { LockResult } from './runs/lock.js'

// The operations on pipelines are loaded by the first call, so that a program which only defines pipelines starts fast.

/**
 * Returns what `execute` would do with the same pipelines and options. Makes no changes.
 *
 * @throws DefinitionError (DEFINITION_INVALID) with all issues of the pipelines; RegistryError; HostError;
 * CancelledError
 * @example
 * ```ts
 * const { nodes, tags } = await plan(sdk, firmware)
 * ```
 */
export async function plan(...given: PipelinesAndOptions<PlanOptions>): Promise<Plan> {
  return (await import('./runs/plan.js')).plan(...given)
}

/**
 * Builds missing images and publishes all results. Tags move last, after all pipelines have been built.
 *
 * @throws DefinitionError (DEFINITION_INVALID) with all issues of the pipelines; EngineError, RegistryError, HostError;
 * CancelledError after the signal has fired: no further name is moved.
 * @example
 * ```ts
 * const report = await execute(sdk, firmware, { registry: 'embedded' })
 * ```
 */
export async function execute(...given: PipelinesAndOptions<ExecuteOptions>): Promise<ExecuteReport> {
  return (await import('./runs/execute.js')).execute(...given)
}

/**
 * Writes `polyarch.lock`: the current digests of all upstream names, bases and other images in Dockerfiles.
 * Locked names keep their digests unless they are updated. Names that are no longer used are removed.
 *
 * @throws DefinitionError DEFINITION_INVALID, LOCK_INVALID; USAGE if a name to update is not locked; RegistryError;
 * HostError
 * @example
 * ```ts
 * const { changes } = await lock(app, { update: true })
 * ```
 */
export async function lock(...given: PipelinesAndOptions<LockOptions>): Promise<LockResult> {
  return (await import('./runs/lock.js')).lock(...given)
}

/**
 * Finds the key tags that nothing needs in the repositories of pipelines, and deletes them if requested.
 * Everything that has a name of the user's is kept, with all entries of its index. So is everything that the pipelines
 * use now, such as images that another machine has built for `assemble`. An index without a tag is not found.
 *
 * @returns every such tag, by repository.
 * @throws DefinitionError DEFINITION_INVALID, USAGE; RegistryError REGISTRY_REJECTED if the registry does not support
 * deletion; HostError; CancelledError
 * @example
 * ```ts
 * const unneeded = await prune(sdk, firmware)
 * await prune(sdk, firmware, { delete: true })
 * ```
 */
export async function prune(...given: PipelinesAndOptions<PruneOptions>): Promise<readonly PrunedTag[]> {
  return (await import('./prune/prune.js')).prune(...given)
}
