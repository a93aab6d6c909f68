import { findEngine } from '../scripts/setup/engine-address.mjs'
import { newerEngine } from '../test/support/newer-engine.js'

/** The engines that builds are measured on, and whether buildx pushes both platforms in one build there. */
export const BENCH_ENGINES = {
  '20.10': { pushesIndex: false },
  '28.5-classic': { pushesIndex: false },
  '28.5-containerd': { pushesIndex: true },
} as const

/** One of `BENCH_ENGINES`. */
export type BenchEngine = keyof typeof BENCH_ENGINES

/** Whether a text names one of them. */
export function isBenchEngine(name: string): name is BenchEngine {
  return Object.hasOwn(BENCH_ENGINES, name)
}

/** The address of an engine. A newer one is started, empty, and ends with the value. */
export async function openBenchEngine(name: BenchEngine): Promise<AsyncDisposable & { readonly host: string }> {
  if (name === '20.10') {
    const host = await findEngine()
    if (host === undefined) throw new Error('no Docker Engine answers: run `npm test`, or set DOCKER_HOST to one')
    return { host, [Symbol.asyncDispose]: async () => {} }
  }
  const engine = await newerEngine({ imageStore: name === '28.5-classic' ? 'graphdriver' : 'containerd' })
  return { host: engine.address, [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose]() }
}
