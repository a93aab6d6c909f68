import { onAbort } from '../../model/async/on-abort.js'
import { CancelledError, type EngineError } from '../../model/errors.js'
import { type Platform, platformIdentity } from '../../model/platform.js'
import type { EngineUse } from '../../model/run/engine-use.js'
import type { Builder } from '../port.js'
import { type BuildKind, type KnownBuilder, likelyCached, preferred } from './cache-affinity.js'
import { FairQueue, type Queued } from './fair-queue.js'

/** A builder that can build an image, and how. */
export interface Candidate<E = Builder> extends Pick<EngineUse, 'execution'>, KnownBuilder {
  readonly builder: E
}

/** The builders that can build an image, and why the others cannot. */
export interface Candidacy {
  readonly candidates: readonly Candidate[]
  readonly rejections: readonly EngineError[]
}

/** The right to one build on a builder. It ends when it is disposed of. */
export interface Lease<E = Builder> extends Disposable {
  readonly builder: E
  readonly use: EngineUse
}

/** A build that needs a builder. */
export interface BuildClaim<E = Builder> extends BuildKind {
  /** May change while the build waits. */
  readonly candidates: readonly Candidate<E>[]
  /** Length of the longest chain of builds that wait for this one. */
  readonly height?: number
}

/** Options of a pool. */
export interface PoolOptions {
  /** Builds that a builder runs at a time. */
  readonly buildsPerBuilder: number
  /** Whether a build waits for a busy builder that runs its platform natively. */
  readonly waitsForNative: boolean
  /** Milliseconds that a build without any builder waits for one to join, while others may join. Default two minutes. */
  readonly patience?: number
}

interface Waiter<E> extends Queued {
  readonly claim: BuildClaim<E>
  readonly settle: (lease: Lease<E> | undefined) => void
  /** The builders that most likely have its cache, of those of a version of the pool. */
  preferred?: { readonly version: number; readonly candidates: readonly Candidate<E>[] }
  timer?: NodeJS.Timeout | undefined
}

const DEFAULT_PATIENCE = 120_000

/**
 * Assigns builders to builds: a native one that is free, else an emulating one. Of several, the one that most likely has
 * the build's cache among those with less than an equal share of all builds. A builder that becomes free gets a build
 * that prefers it, else any other: that of the longest chain of builds, of the pipeline with the fewest builds, that took
 * the longest time, that has waited longest.
 */
export class BuilderPool<E = Builder> {
  readonly #options: PoolOptions
  readonly #builds = new Map<E, number>()
  readonly #gone = new Set<E>()
  readonly #waiters = new FairQueue<Waiter<E>>()
  #openings = 0
  /** Changes with the set of builders. */
  #version = 0

  constructor(options: PoolOptions) {
    this.#options = options
  }

  /**
   * Waits until one of the builders is free for a build.
   *
   * @returns undefined if none of them is left.
   * @throws CancelledError
   */
  lease(claim: BuildClaim<E>, signal?: AbortSignal): Promise<Lease<E> | undefined> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(new CancelledError(signal.reason))
      const leave = () => {
        this.#forget(waiter)
        reject(new CancelledError(signal?.reason))
      }
      const forget = signal && onAbort(signal, leave)
      const settle = (lease: Lease<E> | undefined) => {
        this.#forget(waiter)
        forget?.()
        resolve(lease)
      }
      const { pipeline: group, height = 0 } = claim
      const waiter: Waiter<E> = { claim, group, height, time: expectedTime(claim), settle }
      this.#waiters.add(waiter)
      // No free builder suits the builds that wait already.
      this.#serveOne([waiter])
    })
  }

  /** Gives no more builds to a builder that no longer answers, or is about to end. */
  leave(builder: E): void {
    this.#gone.add(builder)
    this.#version++
    this.#serve()
  }

  /** Gives builds to a builder, also after it has left. Waiting builds already list it as a candidate. */
  join(builder: E): void {
    this.#gone.delete(builder)
    this.#version++
    this.#serve()
  }

  /** Whether a builder has left. */
  isGone(builder: E): boolean {
    return this.#gone.has(builder)
  }

  /** Whether another builder may do the work of this one, now or later. */
  hasOther(builder: E, { candidates }: BuildClaim<E>): boolean {
    return this.#openings > 0 || candidates.some((one) => one.builder !== builder && !this.#gone.has(one.builder))
  }

  /** While the result is not disposed of, builds without a builder wait for one to join. */
  expectJoins(): Disposable {
    this.#openings++
    let isOver = false
    const end = () => {
      if (isOver) return
      isOver = true
      this.#openings--
      this.#serve()
    }
    return { [Symbol.dispose]: end }
  }

  #forget(waiter: Waiter<E>): void {
    this.#waiters.delete(waiter)
    clearTimeout(waiter.timer)
  }

  /** Starts over after each lease: it changes the order. */
  #serve(): void {
    while (this.#serveOne([...this.#waiters])) {}
  }

  /** Serves the first build whose preferred builder is free, else the first that any free builder suits. */
  #serveOne(waiters: readonly Waiter<E>[]): boolean {
    const able = waiters.filter(({ claim }) => this.#hasFree(claim))
    for (const choose of [this.#choosePreferred, this.#choose]) {
      for (const waiter of able) {
        const chosen = choose(waiter)
        if (chosen === undefined) continue
        waiter.settle(this.#leaseOf(chosen, waiter))
        return true
      }
    }
    for (const waiter of waiters) this.#awaitBuilder(waiter)
    return false
  }

  /** Ends a wait that has no builder left to wait for. */
  #awaitBuilder(waiter: Waiter<E>): void {
    if (waiter.claim.candidates.every(({ builder }) => this.#gone.has(builder))) this.#endWaiting(waiter)
    else {
      clearTimeout(waiter.timer)
      waiter.timer = undefined
    }
  }

  /** If builders may join, a drained one is about to be replaced. */
  #endWaiting(waiter: Waiter<E>): void {
    if (this.#openings === 0) waiter.settle(undefined)
    else waiter.timer ??= setTimeout(() => waiter.settle(undefined), this.#options.patience ?? DEFAULT_PATIENCE)
  }

  #hasFree({ candidates }: BuildClaim<E>): boolean {
    return candidates.some(({ builder }) => !this.#gone.has(builder) && !this.#isFull(builder))
  }

  readonly #choosePreferred = (waiter: Waiter<E>): Candidate<E> | undefined => {
    if (waiter.preferred?.version !== this.#version) {
      const candidates = likelyCached(this.#left(waiter.claim).filter(isNative), waiter.claim)
      waiter.preferred = { version: this.#version, candidates }
    }
    const free = waiter.preferred.candidates.filter(({ builder }) => !this.#isFull(builder))
    if (free.length === 0) return undefined
    const native = this.#left(waiter.claim).filter(isNative)
    return preferred(
      free.filter((one) => this.#isBelowShare(one, native)),
      waiter.claim,
    )
  }

  readonly #choose = ({ claim }: Waiter<E>): Candidate<E> | undefined => {
    const left = this.#left(claim)
    const native = left.filter(isNative)
    const free = this.#bestOf(native, claim)
    if (free !== undefined || (native.length > 0 && this.#options.waitsForNative)) return free
    const emulating = left.filter((one) => !isNative(one))
    return this.#bestOf(emulating, claim)
  }

  #left({ candidates }: BuildClaim<E>): readonly Candidate<E>[] {
    return candidates.filter(({ builder }) => !this.#gone.has(builder))
  }

  #isFull(builder: E): boolean {
    return this.#buildsOn(builder) >= this.#options.buildsPerBuilder
  }

  #bestOf(candidates: readonly Candidate<E>[], kind: BuildKind): Candidate<E> | undefined {
    const free = candidates.filter(({ builder }) => !this.#isFull(builder))
    return preferred(
      free.filter((one) => this.#isBelowShare(one, candidates)),
      kind,
    )
  }

  /**
   * Consistent hashing with bounded loads: no builder gets more than an equal share of the builds while another is free.
   *
   * @see https://arxiv.org/abs/1608.01350
   */
  #isBelowShare({ builder }: Candidate<E>, candidates: readonly Candidate<E>[]): boolean {
    const builds = candidates.reduce((sum, one) => sum + this.#buildsOn(one.builder), 1)
    return this.#buildsOn(builder) < Math.ceil(builds / candidates.length)
  }

  #buildsOn(builder: E): number {
    return this.#builds.get(builder) ?? 0
  }

  #leaseOf({ builder, address, execution }: Candidate<E>, { claim, group }: Waiter<E>): Lease<E> {
    this.#builds.set(builder, this.#buildsOn(builder) + 1)
    this.#waiters.count(group, 1)
    let isOver = false
    const end = () => {
      if (isOver) return
      isOver = true
      this.#builds.set(builder, this.#buildsOn(builder) - 1)
      this.#waiters.count(group, -1)
      this.#serve()
    }
    const engineReason = execution === 'native' ? 'native' : reasonToEmulate(claim.candidates, this.#left(claim))
    return { builder, use: { engine: address, execution, engineReason }, [Symbol.dispose]: end }
  }
}

/** A build of unknown time may be the longest one. */
function expectedTime({ candidates }: BuildClaim<unknown>): number {
  const known = candidates.flatMap(({ pastTime }) => pastTime ?? [])
  return known.length === 0 ? Number.MAX_SAFE_INTEGER : Math.max(...known)
}

/** The claim of an image to a builder. */
export function claimOf<E>(
  { pipeline, platform }: { readonly pipeline: string; readonly platform: Platform },
  candidates: readonly Candidate<E>[],
  height = 0,
): BuildClaim<E> {
  return { candidates, pipeline, platform: platformIdentity(platform), height }
}

/** Returns the builder that an image would get if all were free; undefined if there is no candidate. */
export function firstUse({ candidates, ...kind }: BuildClaim<unknown>): EngineUse | undefined {
  const chosen = preferred(candidates.filter(isNative), kind) ?? preferred(candidates, kind)
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
