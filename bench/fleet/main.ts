/**
 * Simulates a fleet: 500 pipelines of three platforms on 40 builders, of which some are killed, drained and replaced. The
 * scheduler and the pool are those of a run; the times of builds were measured. Fails if an aim is missed.
 *
 * Run with: npm run bench:fleet [-- --measure]. Writes bench/fleet/run.svg.
 */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { randomOfRun } from '../../test/chaos/random.js'
import { BUILD_TIMES } from './build-times.js'
import { type Measures, measure } from './measures.js'
import { drawRun } from './picture.js'
import { type FleetOptions, makeMishaps, simulate } from './simulation.js'
import { makeWorkload, type SimulatedBuild } from './workload.js'

const PIPELINES = 500
const SEEDS = [1, 2, 3, 4, 5]
const BUILDS_PER_BUILDER = 1

/** As many of each architecture as the platforms need: two of the three run on arm64. */
const BUILDERS = [
  ...Array.from({ length: 13 }, (_, at) => ({ name: `amd64-${at}`, architecture: 'amd64' })),
  ...Array.from({ length: 27 }, (_, at) => ({ name: `arm64-${at}`, architecture: 'arm64' })),
]

const MISHAPS = { killed: 3, drained: 4, joining: 4 }

/** The most of a makespan, as part of the bound. */
const AIM = 1.15

const PICTURE = fileURLToPath(new URL('run.svg', import.meta.url))

/** One row of the table: a run after another one, which left its caches. */
interface Scenario {
  readonly name: string
  readonly hasCaches: boolean
  readonly hasMishaps: boolean
  readonly ignoresCaches?: boolean
}

const SCENARIOS: readonly Scenario[] = [
  { name: 'no caches', hasCaches: false, hasMishaps: false },
  { name: 'no caches, builders lost', hasCaches: false, hasMishaps: true },
  { name: 'caches of the last run', hasCaches: true, hasMishaps: false },
  { name: 'caches of the last run, builders lost', hasCaches: true, hasMishaps: true },
  { name: 'the same, any free builder', hasCaches: true, hasMishaps: true, ignoresCaches: true },
]

if (process.argv.includes('--measure')) {
  const { measureBuilds } = await import('./measure.js')
  await measureBuilds()
} else await simulateAll()

async function simulateAll(): Promise<void> {
  console.log('| run | makespan / bound | builds with their cache | repeated | failed | fairness |')
  console.log('|---|---|---|---|---|---|')
  let isMissed = false
  for (const scenario of SCENARIOS) {
    const results: Measures[] = []
    for (const seed of SEEDS) results.push(await runScenario(scenario, seed))
    const worst = Math.max(...results.map(({ makespan, bound }) => makespan / bound))
    isMissed ||= worst > AIM
    console.log(rowOf(scenario, results))
  }
  if (isMissed) {
    console.error(`a makespan is more than ${AIM} of its bound`)
    process.exitCode = 1
  }
}

function rowOf({ name, hasCaches }: Scenario, results: readonly Measures[]): string {
  const range = (values: readonly number[], digits: number) =>
    `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)}`
  const cells = [
    name,
    range(
      results.map(({ makespan, bound }) => makespan / bound),
      3,
    ),
    hasCaches
      ? `${range(
          results.map(({ locality }) => locality * 100),
          0,
        )} %`
      : '',
    range(
      results.map(({ moved }) => moved),
      0,
    ),
    range(
      results.map(({ failed }) => failed),
      0,
    ),
    range(
      results.map(({ fairness }) => fairness),
      2,
    ),
  ]
  return `| ${cells.join(' | ')} |`
}

async function runScenario(
  { name, hasCaches, hasMishaps, ignoresCaches = false }: Scenario,
  seed: number,
): Promise<Measures> {
  const random = randomOfRun(seed, 1)
  const builds = makeWorkload(PIPELINES, BUILD_TIMES, random)
  const caches = new Map<string, Map<string, number>>()
  const fleet = { builders: BUILDERS, buildsPerBuilder: BUILDS_PER_BUILDER, mishaps: [], caches, ignoresCaches }
  if (hasCaches) await simulate(builds, fleet)
  const cachedBefore = new Set([...caches.values()].flatMap((one) => [...one.keys()]))
  const mishaps = hasMishaps ? makeMishaps(BUILDERS, MISHAPS, expectedDuration(builds, hasCaches), random) : []
  const run: FleetOptions = { ...fleet, mishaps }
  const result = await simulate(builds, run)
  if (seed === 1 && hasMishaps && hasCaches && !ignoresCaches) {
    const title = `${builds.length} builds on ${BUILDERS.length} builders, ${name}`
    await writeFile(PICTURE, drawRun(result, run, title))
  }
  return measure(result, run, cachedBefore, builds.length)
}

function expectedDuration(builds: readonly SimulatedBuild[], isWarm: boolean): number {
  const work = builds.reduce((sum, { time }) => sum + (isWarm ? time.warm : time.cold), 0)
  return work / (BUILDERS.length * BUILDS_PER_BUILDER)
}
