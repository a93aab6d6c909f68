import { throwIfCancelled } from '../model/errors.js'
import type { Plan } from '../model/plan.js'
import { type PipelinesAndOptions, splitArguments } from './options.js'

/**
 * Finds out what `execute` would do with the same pipelines and options. Writes nothing anywhere.
 *
 * @throws DefinitionError (DEFINITION_INVALID) with every fault of the pipelines; RegistryError; HostError; CancelledError
 * @example
 * ```ts
 * const { nodes, tags } = await plan(sdk, firmware)
 * ```
 */
export async function plan(...given: PipelinesAndOptions): Promise<Plan> {
  const { pipelines, options } = splitArguments(given)
  throwIfCancelled(options.signal)
  const [{ openWorkshop }, { makePlan }] = await Promise.all([import('./workshop.js'), import('../plan/planning.js')])
  await using workshop = await openWorkshop(pipelines, options)
  const input = { ...workshop.input, asksUpstream: true }
  return (await makePlan(input, workshop.world, { signal: options.signal })).plan
}
