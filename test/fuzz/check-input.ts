import { PolyarchError } from '../../packages/core/src/model/errors.js'
import { processorTime } from '../support/processor-time.js'
import type { FuzzTarget } from './target.js'

/** Milliseconds of processor time for each started 64 kB of input. */
const LIMIT = 100
const UNIT = 64 * 1024

/** How an input ended: it was read, or refused with a typed error. */
export type Verdict = 'read' | 'refused'

/** Reads one input. Throws if the parser throws an error that is not typed, or takes too long. */
export async function checkInput(target: FuzzTarget, input: Buffer): Promise<Verdict> {
  const limit = LIMIT * Math.ceil((input.length + 1) / UNIT)
  const began = performance.now()
  const verdict = await readInput(target, input)
  if (performance.now() - began <= limit) return verdict
  // A busy machine or a garbage collection takes long too: the least of three runs, in processor time, counts.
  const times: number[] = []
  for (let run = 0; run < 3; run++) times.push(await processorTime(() => readInput(target, input)))
  const least = Math.min(...times)
  if (least > limit) throw new Error(`${target.name}: ${input.length} bytes took ${Math.round(least)} ms`)
  return verdict
}

/** Milliseconds that a parser may wait for something. */
const PATIENCE = 10_000

async function readInput(target: FuzzTarget, input: Buffer): Promise<Verdict> {
  try {
    // A copy: a parser may change its input.
    const result = target.read(Buffer.from(input))
    if (result instanceof Promise) await settled(target, result)
    return 'read'
  } catch (error) {
    const known = [PolyarchError, ...(target.errors ?? [])]
    if (known.some((one) => error instanceof one)) return 'refused'
    throw new Error(`${target.name}: an error that is not typed: ${String(error)}`, { cause: error })
  }
}

async function settled(target: FuzzTarget, result: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${target.name} waits without end`)), PATIENCE)
  })
  await Promise.race([result, late]).finally(() => clearTimeout(timer))
}
