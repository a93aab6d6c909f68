import { FAULTS } from './faults.js'
import type { ChaosRun } from './lane.js'
import { OPERATIONS } from './operations.js'
import { pick, randomOfRun } from './random.js'
import { VARIANTS, type Variant } from './variants.js'

/** A run, and the variant that it is done on. */
export interface PlannedRun extends ChaosRun {
  readonly variant: Variant
}

/** The runs of a seed that match all words: a number, or the name of an operation, a fault or a variant. */
export function plannedRuns(seed: number, runs: number, only: readonly string[]): readonly PlannedRun[] {
  const weighted = VARIANTS.flatMap((variant) => Array.from({ length: variant.lanes }, () => variant))
  return Array.from({ length: runs }, (_, number): PlannedRun => {
    const random = randomOfRun(seed, number)
    return {
      number,
      variant: pick(random, weighted),
      operation: pick(random, OPERATIONS),
      fault: pick(random, FAULTS),
      lasting: random() < 0.5,
      random,
    }
  }).filter(({ number, variant, operation, fault }) =>
    only.every((word) => [`${number}`, variant.name, operation.name, fault.name].includes(word)),
  )
}
