import { throwIfCancelled } from '../model/errors.js'
import type { Plan } from '../model/plan.js'
import { makePlan } from '../plan/planning.js'
import { type PipelinesAndOptions, splitArguments } from './options.js'
import { openWorkshop } from './workshop.js'

/** Finds out what `execute` would do. */
export async function plan(...given: PipelinesAndOptions): Promise<Plan> {
  const { pipelines, options } = splitArguments(given)
  throwIfCancelled(options.signal)
  await using workshop = await openWorkshop(pipelines, options)
  const input = { ...workshop.input, asksUpstream: true }
  return (await makePlan(input, workshop.world, { signal: options.signal })).plan
}
