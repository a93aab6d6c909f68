/**
 * Measures polyarch beside what people use today, in one run on one machine, as ratios. Needs an engine, Debian's
 * docker-registry and the docker CLI; buildx, crane and oras take part where they are installed.
 *
 * Run with: npm run bench [-- local|builds|context|indexes]
 */
import { findEngine } from '../scripts/setup/engine-address.mjs'
import { benchBuilds, benchLargeContext } from './builds.js'
import { benchIndexes } from './indexes.js'
import { benchLocal } from './local.js'
import { describeMachine } from './machine.js'

const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  local: benchLocal,
  builds: benchBuilds,
  context: benchLargeContext,
  indexes: benchIndexes,
}

const engine = await findEngine()
if (engine === undefined) throw new Error('no Docker Engine answers: run `npm test`, or set DOCKER_HOST to one')
process.env['DOCKER_HOST'] = engine
await describeMachine()
const wanted = process.argv.slice(2)
for (const [name, bench] of Object.entries(BENCHES)) if (wanted.length === 0 || wanted.includes(name)) await bench()
