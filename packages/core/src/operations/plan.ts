import { throwIfCancelled } from '../model/errors.js'
import type { Plan } from '../model/plan.js'
import { makePlan } from '../plan/planning.js'
import { type PipelinesAndOptions, splitArguments } from './options.js'
import { inWorkshop } from './workshop.js'

/** Finds out what `execute` would do. */
export async function plan(...given: PipelinesAndOptions): Promise<Plan> {
  const { pipelines, options } = splitArguments(given)
  throwIfCancelled(options.signal)
  return inWorkshop(pipelines, options, async ({ input, world }) => {
    const { plan: made } = await makePlan({ ...input, asksUpstream: true }, world, { signal: options.signal })
    return made
  })
}
