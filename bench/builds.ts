import { BENCH_ENGINES, type BenchEngine } from './bench-engines.js'
import { buildRows } from './build-rows.js'
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
  readonly node: NodeChoice
}

/** Measures builds beside buildx and the recipe by hand, on each engine, and prints a table with the aims. */
export async function benchBuilds({ engines, rounds, row, node }: BuildBench): Promise<void> {
  const rows = buildRows(node.runner).filter(({ title }) => title.includes(row))
  const results = new Map<BenchEngine, ReadonlyMap<string, readonly Comparison[]>>()
  for (const engine of engines) {
    console.log(`\nengine ${engine}${BENCH_ENGINES[engine].pushesIndex ? '' : ', buildx with a target per platform'}`)
    await using stage = await BuildStage.open(engine, node)
    const ofEngine = new Map<string, readonly Comparison[]>()
    for (const { title, isQuick, setUp, before, peers } of rows) {
      await setUp(stage)
      const contestants = [
        { name: 'polyarch', run: () => stage.polyarch() },
        ...(peers?.(stage) ?? [{ name: 'buildx', run: () => stage.buildx() }]),
      ]
      ofEngine.set(
        title,
        await hold({
          title,
          contestants: contestants.map((one) => ({ ...one, ...(before && { before: () => before(stage) }) })),
          rounds: isQuick ? 2 * rounds : rounds,
          requests: () => 0,
        }),
      )
    }
    results.set(engine, ofEngine)
  }
  console.log(`\n${markdownTable(rows, results)}`)
}
