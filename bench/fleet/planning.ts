/**
 * Plans 10,000 nodes in a process of its own, from code that is bundled as in the published package, against a registry in
 * memory. Prints the medians of several runs, and a smaller plan beside the large one.
 *
 * Run with: npm run bench:planning [-- --rounds 5] [--node DIR]
 */
import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { build } from 'esbuild'

/** What one process measured: times in milliseconds, memory in MB. */
export interface PlanningRun {
  readonly nodes: number
  readonly time: number
  /** Of the planner and the registry in memory. */
  readonly processorTime: number
  readonly requests: number
  /** Of all requests of the plan, made again. */
  readonly registryTime: number
  /** The peak after a plan of one pipeline. */
  readonly loadedMemory: number
  readonly peak: number
}

const SIZES = [1000, 10_000]
const EMPTY_PROCESS =
  "console.log(require('node:fs').readFileSync('/proc/self/status', 'utf8').match(/VmHWM:\\s*(\\d+)/)[1])"

const run = promisify(execFile)

/** Resolves packages as the sources do. */
const FOLDER = fileURLToPath(new URL('../../node_modules/.cache/planning', import.meta.url))

async function bundle(): Promise<string> {
  await build({
    entryPoints: [fileURLToPath(new URL('planning-run.ts', import.meta.url))],
    outdir: FOLDER,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
  })
  return join(FOLDER, 'planning-run.mjs')
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    // The folder of another version of Node.
    node: { type: 'string', default: dirname(process.execPath) },
  },
})
const node = join(values.node, 'node')
const file = await bundle()
console.log((await run(node, ['--version'])).stdout.trim())
const empty = Number((await run(node, ['-e', EMPTY_PROCESS])).stdout) / 1024
for (const size of SIZES) {
  const runs: PlanningRun[] = []
  for (let round = 0; round < Number(values.rounds); round += 1) {
    runs.push(JSON.parse((await run(node, [file, String(size)])).stdout) as PlanningRun)
  }
  const of = (value: (one: PlanningRun) => number, digits: number) => median(runs.map(value)).toFixed(digits)
  const seconds = of(({ time }) => time / 1000, 2)
  const processor = of(({ processorTime }) => processorTime / 1000, 2)
  const registry = of(({ registryTime }) => registryTime / 1000, 2)
  const above = of(({ peak }) => peak - empty, 0)
  const loaded = of(({ peak, loadedMemory }) => peak - loadedMemory, 0)
  const { nodes, requests } = runs[0] ?? { nodes: 0, requests: 0 }
  console.log(
    `${nodes} nodes: ${seconds} s, ${processor} s of processor time, of which ${registry} s for ${requests} requests of the registry in memory; ${above} MB above an empty process, ${loaded} MB above the loaded modules`,
  )
}
