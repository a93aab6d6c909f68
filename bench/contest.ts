/** One way of doing what is measured. */
export interface Contestant {
  readonly name: string
  /** What goes before, and is not measured. */
  before?(): Promise<void>
  run(): Promise<void>
}

/** What is measured, and how the requests that it takes are counted. */
export interface Contest {
  readonly title: string
  /** The first is the one that the others are compared with. */
  readonly contestants: readonly Contestant[]
  readonly rounds: number
  /** Requests to registries since the last call. */
  readonly requests: () => number | Promise<number>
}

/** What one contestant came to: the median, or why it failed. */
export interface Comparison {
  readonly name: string
  readonly seconds?: number
  readonly failure?: string
}

interface Result {
  readonly seconds: number[]
  requests: number
  failure?: string
}

/** Counts what has been added to a growing number since the last call. */
export function countNew(total: () => Promise<number>): () => Promise<number> {
  let before = 0
  return async () => {
    const added = (await total()) - before
    before += added
    return added
  }
}

/**
 * Lets all take turns, so that what else the machine does meets each of them, and prints medians and ratios.
 *
 * @returns the same, in the order of the contestants.
 */
export async function hold({ title, contestants, rounds, requests }: Contest): Promise<readonly Comparison[]> {
  const results = new Map<Contestant, Result>(contestants.map((one) => [one, { seconds: [], requests: 0 }]))
  for (let round = 0; round < rounds; round++) {
    for (const [contestant, result] of results) if (result.failure === undefined) await measure(contestant, result)
  }
  console.log(`\n${title}`)
  const [own] = results.values()
  for (const [{ name }, result] of results) console.log(`  ${name.padEnd(34)} ${resultText(result, own)}`)
  return [...results].map(([{ name }, { seconds, failure }]) =>
    failure === undefined ? { name, seconds: median(seconds) } : { name, failure },
  )

  async function measure(contestant: Contestant, result: Result): Promise<void> {
    await contestant.before?.()
    await requests()
    const start = performance.now()
    try {
      await contestant.run()
      result.seconds.push((performance.now() - start) / 1000)
      result.requests = await requests()
    } catch (error) {
      const { stderr } = error as { readonly stderr?: string }
      result.failure = (stderr || String(error)).trim().split('\n').at(-1) ?? 'failed'
    }
  }
}

function resultText({ seconds, requests, failure }: Result, own: Result | undefined): string {
  if (failure !== undefined) return `failed: ${failure}`
  const time = median(seconds)
  const ratio = own === undefined || own.seconds.length === 0 ? Number.NaN : median(own.seconds) / time
  return `${time.toFixed(3).padStart(8)} s  ${String(requests).padStart(4)} requests  polyarch takes ${ratio.toFixed(2)} of it`
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
