/**
 * Measures polyarch beside what people use today, in one run on one machine, as ratios. Needs an engine, Debian's
 * docker-registry, the docker CLI and the newer engine that `npm test` sets up; crane and oras take part where they are
 * installed.
 *
 * Run with: npm run bench [-- local|bases|builds|indexes] [--engine 20.10|28.5-classic|28.5-containerd] [--rounds 3]
 * [--row <part of a row's title>] [--node <folder of another node, to measure too>]
 */
import { parseArgs } from 'node:util'
import { findEngine } from '../scripts/setup/engine-address.mjs'
import { benchBases } from './bases.js'
import { BENCH_ENGINES, isBenchEngine } from './bench-engines.js'
import { nodeChoice } from './build-stage.js'
import { type BuildBench, benchBuilds } from './builds.js'
import { benchIndexes } from './indexes.js'
import { benchLocal } from './local.js'
import { describeMachine } from './machine.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: 'string', multiple: true, default: Object.keys(BENCH_ENGINES) },
    rounds: { type: 'string', default: '3' },
    row: { type: 'string', default: '' },
    node: { type: 'string', multiple: true, default: [] },
  },
})

const engines = values.engine.filter(isBenchEngine)
const rounds = Number(values.rounds)
if (engines.length < values.engine.length) throw new Error(`engines are ${Object.keys(BENCH_ENGINES).join(', ')}`)
if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`'${values.rounds}' is not a number of rounds`)
const nodes = [undefined, ...values.node].map(nodeChoice)
const builds: BuildBench = { engines, rounds, row: values.row, nodes }

const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  local: benchLocal,
  bases: () => benchBases(rounds),
  builds: () => benchBuilds(builds),
  indexes: benchIndexes,
}

const engine = await findEngine()
if (engine === undefined) throw new Error('no Docker Engine answers: run `npm test`, or set DOCKER_HOST to one')
process.env['DOCKER_HOST'] = engine
await describeMachine()
for (const [name, bench] of Object.entries(BENCHES)) {
  if (positionals.length === 0 || positionals.includes(name)) await bench()
}
