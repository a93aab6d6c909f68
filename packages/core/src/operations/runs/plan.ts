import { throwIfCancelled } from '../../model/errors.js'
import type { Plan } from '../../model/run/plan.js'
import { makePlan } from '../../plan/planning.js'
import { PLAN_OPTIONS, splitArguments } from '../option-names.js'
import type { PipelinesAndOptions, PlanOptions } from '../options.js'
import { withRunSession } from './run-session.js'

/** Finds out what `execute` would do. */
export async function plan(...given: PipelinesAndOptions<PlanOptions>): Promise<Plan> {
  const { pipelines, options } = splitArguments('plan', given, PLAN_OPTIONS)
  throwIfCancelled(options.signal)
  return withRunSession(pipelines, options, async ({ input, services }) => {
    const { plan: made } = await makePlan({ ...input, checksUpstream: true }, services, { signal: options.signal })
    return made
  })
}
