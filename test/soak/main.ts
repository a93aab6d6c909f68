/**
 * Runs many builds in one process, then many that are cancelled, and counts what is left of them: file descriptors,
 * connections and memory. Fails if some of it grows with the number of builds, or if the process does not end by itself.
 *
 * Run with: npm run soak [-- --engine 20.10|28.5-classic|28.5-containerd] [--builds 1000] [--cancelled 200]
 */
import { parseArgs } from 'node:util'
import { type BenchEngine, isBenchEngine, openBenchEngine } from '../../bench/bench-engines.js'
import { pushBase } from '../../packages/core/test/builder/engines.js'
import { Cleanup } from '../support/cleanup.js'
import { startDebianRegistry } from '../support/debian-registry.js'
import { assertReleased, type ResourceCount } from './resources.js'
import { SoakBuilds } from './soak-builds.js'

/** Milliseconds after its work in which the process has to end. */
const EXIT_TIME = 10_000

const { values } = parseArgs({
  options: {
    engine: { type: 'string', multiple: true, default: ['20.10', '28.5-classic', '28.5-containerd'] },
    builds: { type: 'string', default: '1000' },
    cancelled: { type: 'string', default: '200' },
  },
})

for (const engine of values.engine) {
  if (!isBenchEngine(engine)) throw new Error(`'${engine}' is not one of the engines`)
  await soak(engine, Number(values.builds), Number(values.cancelled))
}
setTimeout(() => {
  console.error('the process does not end by itself')
  process.exit(1)
}, EXIT_TIME).unref()

async function soak(engine: BenchEngine, builds: number, cancelled: number): Promise<void> {
  await using cleanup = new Cleanup()
  const { host } = cleanup.use(await openBenchEngine(engine))
  const registry = cleanup.use(await startDebianRegistry())
  const base = await pushBase(registry)
  console.log(`\n${engine}, node ${process.version}, ${new Date().toISOString().slice(0, 10)}`)
  const soakBuilds = new SoakBuilds(host, registry.host, base, print)
  const counts = await soakBuilds.run(builds, cancelled)
  assertReleased(counts)
}

function print(what: string, { descriptors, connections, memory }: ResourceCount): void {
  console.log(`${what.padEnd(24)} ${descriptors} descriptors, ${connections} connections, ${memory} MiB`)
}
