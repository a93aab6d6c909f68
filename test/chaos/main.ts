/**
 * Injects faults between polyarch and a registry:
 * `npm run chaos -- [--runs N] [--minutes N] [--seed N] [--only WORD…] [--workers N]`. A word is the number of a run, or the name of an operation, a fault or a registry. Prints every run that ends in another
 * way than a right result or a typed failure.
 */
import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bundle, bundleFolder } from '../support/bundle.js'
import type { RunOutcome } from './lane.js'
import { type Share, STORES } from './share.js'
import { VERDICTS } from './verdict.js'

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    minutes: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', multiple: true, default: [] },
    workers: { type: 'string', default: `${availableParallelism()}` },
  },
})

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

const began = performance.now()
const outcomes: RunOutcome[] = []

function report(outcome: RunOutcome): void {
  outcomes.push(outcome)
  const { number, variant, operation, fault, lasting, request, verdict, details } = outcome
  if (verdict !== 'right' && verdict !== 'failed') {
    print(
      `run ${number}: ${verdict}: ${operation} on ${variant}, ${fault}${lasting ? ' from' : ' at'} request ${request}`,
    )
    for (const line of details) print(`  ${line}`)
  }
  if (outcomes.length % 1000 === 0) print(`${outcomes.length} runs`)
}

async function work(program: string, share: Share): Promise<void> {
  const worker = fork(program, [JSON.stringify(share)], {
    execArgv: ['--enable-source-maps'],
    env: { ...process.env, TMPDIR: STORES },
  })
  worker.on('message', (outcome) => report(outcome as RunOutcome))
  const code = await new Promise((resolve) => worker.once('exit', resolve))
  if (code !== 0) throw new Error(`a worker ended with ${code}`)
}

const [runs, seed, parts] = [Number(values.runs), Number(values.seed), Number(values.workers)]
const until = values.minutes === undefined ? undefined : Date.now() + Number(values.minutes) * 60_000
const shares = Array.from(
  { length: parts },
  (_, part): Share => ({ seed, runs, only: values.only, part, parts, until }),
)
{
  await using folder = await bundleFolder()
  const program = await bundle(WORKER, folder.path)
  await Promise.all(shares.map((share) => work(program, share)))
}
const counts = VERDICTS.map((verdict) => [verdict, outcomes.filter((one) => one.verdict === verdict).length] as const)
const seconds = Math.round((performance.now() - began) / 1000)
print(
  `${outcomes.length} runs in ${seconds} s, seed ${seed}: ${counts.map(([name, count]) => `${count} ${name}`).join(', ')}`,
)
const isBad = counts.some(([verdict, count]) => verdict !== 'right' && verdict !== 'failed' && count > 0)
if (isBad || outcomes.length === 0) process.exitCode = 1
