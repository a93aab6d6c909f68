/**
 * Kills runs at random moments and checks what the next one makes of it:
 * `npm run kill -- [--kills N] [--minutes N] [--seed N] [--engine 20.10|28.5-classic|28.5-containerd] [--registry embedded|docker-registry]`.
 * The kills are spread over all engines and registries. Prints each whose next run leaves something else than a clean run.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { BENCH_ENGINES, isBenchEngine } from '../../bench/bench-engines.js'
import { killRuns, type PlacedKill } from './kill-runs.js'
import { KILL_REGISTRIES } from './setting.js'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    minutes: { type: 'string' },
    seed: { type: 'string', default: '1' },
    engine: { type: 'string', multiple: true, default: Object.keys(BENCH_ENGINES) },
    registry: { type: 'string', multiple: true, default: [...KILL_REGISTRIES] },
  },
})

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

const began = performance.now()
const kills: PlacedKill[] = []
await killRuns({
  seed: Number(values.seed),
  kills: Number(values.kills),
  until: values.minutes === undefined ? undefined : Date.now() + Number(values.minutes) * 60_000,
  engines: values.engine.filter(isBenchEngine),
  registries: KILL_REGISTRIES.filter((name) => values.registry.includes(name)),
  program: fileURLToPath(new URL('../pipeline/build-until-killed.ts', import.meta.url)),
  onKill(kill) {
    kills.push(kill)
    const { name, engine, registry, after, issues } = kill
    if (issues.length > 0) print(`${name} on ${engine} with ${registry}, after ${after} ms:`)
    for (const issue of issues) print(`  ${issue}`)
    if (kills.length % 10 === 0) print(`${kills.length} kills`)
  },
})
for (const engine of values.engine) {
  for (const registry of values.registry) {
    const own = kills.filter((kill) => kill.engine === engine && kill.registry === registry)
    const over = own.filter(({ wasOver }) => wasOver).length
    const bad = own.filter(({ issues }) => issues.length > 0).length
    const named = own.filter(({ names, wasOver }) => names > 0 && !wasOver).length
    print(
      `${engine}, ${registry}: ${own.length} runs, ${over} over before the kill, ${named} with names, ${bad} with issues`,
    )
  }
}
const seconds = Math.round((performance.now() - began) / 1000)
const bad = kills.filter(({ issues }) => issues.length > 0).length
print(`${kills.length} kills in ${seconds} s, seed ${values.seed}: ${bad} with issues`)
if (bad > 0 || kills.length === 0) process.exitCode = 1
