/**
 * Runs parsers on random inputs: `npm run fuzz -- NAME… [--runs N] [--seed N] [--minutes N]`. Without names it lists the targets;
 * `all` is all of them. An input that a parser fails on is written to test/fuzz/inputs/NAME/, where tests read it.
 */
import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { inspect, parseArgs } from 'node:util'
import fc from 'fast-check'
import { checkInput, type Verdict } from './check-input.js'
import { inputFolder } from './kept-inputs.js'
import { randomInput } from './random-input.js'
import type { FuzzTarget } from './target.js'
import { TARGETS } from './targets.js'

/** Inputs that share one seed of fast-check. */
const CHUNK = 10_000

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

interface Bounds {
  readonly runs: number
  readonly seed: number
  /** After these, the seed that has begun is finished, and no other one begins. */
  readonly minutes: number
}

async function fuzz(target: FuzzTarget, { runs, seed: firstSeed, minutes }: Bounds): Promise<boolean> {
  const counts: Record<Verdict, number> = { read: 0, refused: 0 }
  const began = performance.now()
  let done = 0
  for (; done < runs && performance.now() - began < minutes * 60_000; done += CHUNK) {
    const seed = firstSeed + done / CHUNK
    const property = fc.asyncProperty(randomInput(target), async (input) => {
      counts[await checkInput(target, input)]++
    })
    const result = await fc.check(property, { seed, numRuns: Math.min(CHUNK, runs - done) })
    if (result.failed) {
      const [input = Buffer.alloc(0)] = result.counterexample ?? []
      print(`${target.name}: seed ${seed}: ${await keepInput(target, input)}`)
      print(inspect(result.errorInstance))
      return false
    }
  }
  if (Object.keys(Object.prototype).length > 0) throw new Error(`${target.name}: an input changed Object.prototype`)
  const seconds = Math.round((performance.now() - began) / 1000)
  print(
    `${target.name}: ${Math.min(done, runs)} inputs in ${seconds} s, ${counts.read} read, ${counts.refused} refused`,
  )
  return true
}

async function keepInput(target: FuzzTarget, input: Buffer): Promise<string> {
  const folder = inputFolder(target.name)
  await mkdir(folder, { recursive: true })
  const file = `${folder}/${createHash('sha256').update(input).digest('hex').slice(0, 12)}`
  await writeFile(file, input)
  return file
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: 'Infinity' },
  },
})
const wanted = TARGETS.filter(({ name }) => positionals.includes(name) || positionals.includes('all'))
const unknown = positionals.filter((name) => name !== 'all' && !TARGETS.some((target) => target.name === name))
if (wanted.length === 0 || unknown.length > 0) {
  print(
    `usage: npm run fuzz -- NAME… [--runs N] [--seed N] [--minutes N]\ntargets: all, ${TARGETS.map(({ name }) => name).join(', ')}`,
  )
  process.exitCode = 1
} else {
  for (const target of wanted) {
    const bounds = { runs: Number(values.runs), seed: Number(values.seed), minutes: Number(values.minutes) }
    if (!(await fuzz(target, bounds))) process.exitCode = 1
  }
}
