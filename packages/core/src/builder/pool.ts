import { onAbort } from '../model/async/on-abort.js'
import { CancelledError, type EngineError } from '../model/errors.js'
import type { EngineUse } from '../model/run/engine-use.js'
import type { Builder } from './port.js'

/** An engine that can build an image, and how. */
export interface Candidate<E = Builder> extends Pick<EngineUse, 'execution'> {
  readonly engine: E
  readonly address: string
}

/** The engines that can build an image, and the reasons why the others cannot. */
export interface Candidacy {
  readonly candidates: readonly Candidate[]
  readonly refusals: readonly EngineError[]
}

/** The right to one build on an engine. It ends when it is disposed of. */
export interface Lease<E = Builder> extends Disposable {
  readonly engine: E
  readonly use: EngineUse
}

/** How a pool gives out its engines. */
export interface PoolOptions {
  /** How many builds an engine has at a time. */
  readonly buildsPerEngine: number
  /** Whether a build waits for an engine that runs its platform itself, while there is one that is busy. */
  readonly waitsForNative: boolean
}

interface Waiter<E> {
  readonly candidates: readonly Candidate<E>[]
  readonly settle: (lease: Lease<E> | undefined) => void
}

/**
 * Assigns engines to builds: a native one that is free, else an emulating one. The build that has waited longest is
 * first.
 */
export class EnginePool<E = Builder> {
  readonly #options: PoolOptions
  readonly #builds = new Map<E, number>()
  readonly #lost = new Set<E>()
  readonly #waiters = new Set<Waiter<E>>()

  constructor(options: PoolOptions) {
    this.#options = options
  }

  /**
   * Waits until one of the engines is free for a build.
   *
   * @returns undefined where none of them is left.
   * @throws CancelledError
   */
  lease(candidates: readonly Candidate<E>[], signal?: AbortSignal): Promise<Lease<E> | undefined> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(new CancelledError(signal.reason))
      const leave = () => {
        this.#waiters.delete(waiter)
        reject(new CancelledError(signal?.reason))
      }
      const forget = signal && onAbort(signal, leave)
      const settle = (lease: Lease<E> | undefined) => {
        this.#waiters.delete(waiter)
        forget?.()
        resolve(lease)
      }
      const waiter = { candidates, settle }
      this.#waiters.add(waiter)
      this.#serve()
    })
  }

  /** Takes an engine that does not answer any more out of the run. */
  lose(engine: E): void {
    this.#lost.add(engine)
    this.#serve()
  }

  #serve(): void {
    for (const { candidates, settle } of [...this.#waiters]) {
      const left = candidates.filter(({ engine }) => !this.#lost.has(engine))
      const chosen = this.#choose(left)
      if (chosen !== undefined) settle(this.#leaseOf(chosen, candidates, left))
      else if (left.length === 0) settle(undefined)
    }
  }

  #choose(left: readonly Candidate<E>[]): Candidate<E> | undefined {
    const native = left.filter(isNative)
    const free = this.#leastBusy(native)
    if (free !== undefined || (native.length > 0 && this.#options.waitsForNative)) return free
    return this.#leastBusy(left.filter((one) => !isNative(one)))
  }

  /** Returns the first of the least busy engines. */
  #leastBusy(candidates: readonly Candidate<E>[]): Candidate<E> | undefined {
    const free = candidates.filter(({ engine }) => this.#buildsOn(engine) < this.#options.buildsPerEngine)
    return free.toSorted((one, other) => this.#buildsOn(one.engine) - this.#buildsOn(other.engine))[0]
  }

  #buildsOn(engine: E): number {
    return this.#builds.get(engine) ?? 0
  }

  #leaseOf(
    { engine, address, execution }: Candidate<E>,
    all: readonly Candidate<E>[],
    left: readonly Candidate<E>[],
  ): Lease<E> {
    this.#builds.set(engine, this.#buildsOn(engine) + 1)
    let isOver = false
    const end = () => {
      if (isOver) return
      isOver = true
      this.#builds.set(engine, this.#buildsOn(engine) - 1)
      this.#serve()
    }
    const engineReason = execution === 'native' ? 'native' : reasonToEmulate(all, left)
    return { engine, use: { engine: address, execution, engineReason }, [Symbol.dispose]: end }
  }
}

/** Returns the engine that an image would get if all were free; undefined if there is no candidate. */
export function firstUse(candidates: readonly Candidate<unknown>[]): EngineUse | undefined {
  const chosen = candidates.find(isNative) ?? candidates[0]
  if (chosen === undefined) return undefined
  const { address, execution } = chosen
  return { engine: address, execution, engineReason: isNative(chosen) ? 'native' : 'no-native' }
}

function isNative({ execution }: Candidate<unknown>): boolean {
  return execution === 'native'
}

function reasonToEmulate(
  all: readonly Candidate<unknown>[],
  left: readonly Candidate<unknown>[],
): EngineUse['engineReason'] {
  if (left.some(isNative)) return 'native-busy'
  return all.some(isNative) ? 'native-lost' : 'no-native'
}
