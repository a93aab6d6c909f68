import type { Plan } from '../../model/run/plan.js'
import type { Report } from '../../report/report.js'
import type { ExecuteOptions, LockOptions, PipelinesAndOptions, PlanOptions, PruneOptions } from '../options.js'
import type { PrunedTag } from '../prune/prune.js'
import type { LockResult } from './lock.js'

// What is done with pipelines is loaded with the first call: importing the core must cost those little who only define.

/**
 * Finds out what `execute` would do with the same pipelines and options. Writes nothing anywhere.
 *
 * @throws DefinitionError (DEFINITION_INVALID) with every issue of the pipelines; RegistryError; HostError; CancelledError
 * @example
 * ```ts
 * const { nodes, tags } = await plan(sdk, firmware)
 * ```
 */
export async function plan(...given: PipelinesAndOptions<PlanOptions>): Promise<Plan> {
  return (await import('./plan.js')).plan(...given)
}

/**
 * Builds what is missing and publishes it. Every name that users see moves last, after all pipelines have been made.
 *
 * @throws DefinitionError (DEFINITION_INVALID) with every issue of the pipelines; EngineError, RegistryError, HostError;
 * CancelledError once the signal has fired, with no name moved that had not moved by then.
 * @example
 * ```ts
 * const report = await execute(sdk, firmware, { registry: 'embedded' })
 * ```
 */
export async function execute(...given: PipelinesAndOptions<ExecuteOptions>): Promise<Report> {
  return (await import('./execute.js')).execute(...given)
}

/**
 * Writes `polyarch.lock`: what the names of others in these pipelines mean now, bases and other images of Dockerfiles.
 * What is locked already stays, unless it is to be updated; what nobody names any more goes.
 *
 * @throws DefinitionError DEFINITION_INVALID, LOCK_INVALID; USAGE where a name to update is not locked; RegistryError; HostError
 * @example
 * ```ts
 * const { changes } = await lock(app, { update: true })
 * ```
 */
export async function lock(...given: PipelinesAndOptions<LockOptions>): Promise<LockResult> {
  return (await import('./lock.js')).lock(...given)
}

/**
 * Finds the key tags that nothing needs in the repositories of pipelines, and deletes them where that is asked for.
 * What has a name of the user's stays, with all that its index lists, and what the pipelines demand now stays: nothing
 * that another machine has built for `assemble` is lost. An index that no tag points to any more is not seen.
 *
 * @returns every such tag, repository by repository.
 * @throws DefinitionError DEFINITION_INVALID, USAGE; RegistryError REGISTRY_REJECTED where the registry deletes
 * nothing; HostError; CancelledError
 * @example
 * ```ts
 * const unneeded = await prune(sdk, firmware)
 * await prune(sdk, firmware, { delete: true })
 * ```
 */
export async function prune(...given: PipelinesAndOptions<PruneOptions>): Promise<readonly PrunedTag[]> {
  return (await import('../prune/prune.js')).prune(...given)
}
