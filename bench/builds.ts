import { BENCH_ENGINES, type BenchEngine } from './bench-engines.js'
import { type BuildRow, buildRows } from './build-rows.js'
import { BuildStage, type NodeChoice } from './build-stage.js'
import { type Comparison, hold } from './contest.js'
import { markdownTable } from './ratio-table.js'

/** What is measured, where and how often. */
export interface BuildBench {
  readonly engines: readonly BenchEngine[]
  /** Of rows that take long; quick ones get twice as many. */
  readonly rounds: number
  /** Only rows whose title contains it. */
  readonly row: string
  /** The ways to run polyarch; each is a row of the table. */
  readonly nodes: readonly NodeChoice[]
}

/** Measures builds beside buildx and the recipe by hand, on each engine, and prints a table with the aims. */
export async function benchBuilds({ engines, rounds, row, nodes }: BuildBench): Promise<void> {
  const results = new Map<BenchEngine, ReadonlyMap<string, readonly Comparison[]>>()
  for (const engine of engines) {
    console.log(`\nengine ${engine}${BENCH_ENGINES[engine].pushesIndex ? '' : ', buildx with a target per platform'}`)
    await using stage = await BuildStage.open(engine)
    const ofEngine = new Map<string, readonly Comparison[]>()
    for (const one of buildRows().filter(({ title }) => title.includes(row))) {
      await one.setUp(stage)
      ofEngine.set(one.title, await holdRow(one, stage, nodes, one.isQuick ? 2 * rounds : rounds))
    }
    results.set(engine, ofEngine)
  }
  console.log(`\n${markdownTable(nodes, results)}`)
}

function holdRow(
  { title, before, peers }: BuildRow,
  stage: BuildStage,
  nodes: readonly NodeChoice[],
  rounds: number,
): Promise<readonly Comparison[]> {
  const contestants = [
    ...nodes.map((node) => ({ name: `polyarch, ${node.name}`, run: () => stage.polyarch(node) })),
    ...(peers?.(stage) ?? [{ name: 'buildx', run: () => stage.buildx() }]),
  ]
  return hold({
    title,
    contestants: contestants.map((one) => ({ ...one, ...(before && { before: () => before(stage) }) })),
    rounds,
    requests: () => 0,
  })
}
