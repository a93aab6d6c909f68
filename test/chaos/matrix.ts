import { type ChaosFault, FAULTS } from './faults.js'
import type { ChaosRun } from './lane.js'
import type { Operation } from './operation.js'
import { OPERATIONS } from './operations.js'
import { pick, type Random, randomOfRun, seededRandom } from './random.js'
import { VARIANTS, type Variant } from './variants.js'

/** A run, and the variant that it is done on. */
export interface PlannedRun extends ChaosRun {
  readonly variant: Variant
}

interface Cell {
  readonly operation: Operation
  readonly index: number
  readonly fault: ChaosFault
  readonly lasting: boolean
}

/** Every request of every operation with every fault, once and from there on. */
const CELLS: readonly Cell[] = OPERATIONS.flatMap((operation) =>
  Array.from({ length: operation.requests }, (_, index) =>
    FAULTS.flatMap((fault) => [false, true].map((lasting) => ({ operation, index, fault, lasting }))),
  ).flat(),
)

/**
 * The runs of a seed that match all words: a number, or the name of an operation, a fault or a variant. All cells are
 * in the first runs, in an order of the seed's.
 */
export function plannedRuns(seed: number, runs: number, only: readonly string[]): readonly PlannedRun[] {
  const weighted = VARIANTS.flatMap((variant) => Array.from({ length: variant.lanes }, () => variant))
  const cells = shuffled(seededRandom(seed), CELLS)
  return Array.from({ length: runs }, (_, number): PlannedRun => {
    const random = randomOfRun(seed, number)
    const variant = pick(random, weighted)
    const cell = cells[number % cells.length]
    return { number, variant, random, ...(cell ?? pick(random, cells)) }
  }).filter(({ number, variant, operation, fault }) =>
    only.every((word) => [`${number}`, variant.name, operation.name, fault.name].includes(word)),
  )
}

function shuffled<T>(random: Random, values: readonly T[]): readonly T[] {
  const order = values.map((value) => ({ value, at: random() }))
  return order.toSorted((a, b) => a.at - b.at).map(({ value }) => value)
}
