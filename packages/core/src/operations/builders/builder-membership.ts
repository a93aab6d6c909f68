import { setTimeout as sleep } from 'node:timers/promises'
import type { Builders } from '../../builder/builders.js'
import type { BuilderPool, Candidacy, Candidate } from '../../builder/pool/pool.js'
import type { Builder } from '../../builder/port.js'
import { PolyarchError } from '../../model/errors.js'
import type { RunEvent } from '../../model/run/events.js'
import type { Planned } from '../../plan/planning.js'

/** Milliseconds before a builder that did not answer is queried again. */
const RETRY_DELAY = 5000

/** Input of a {@link BuilderMembership}. */
export interface MembershipInput {
  readonly builders: Builders
  readonly planned: Pick<Planned, 'candidacies' | 'candidatesOn'>
  readonly pool: BuilderPool
  readonly signal?: AbortSignal | undefined
  readonly emit: (event: RunEvent) => void
}

/** Gives builds to builders that join during a run, and none to those that leave, until it is disposed of. */
export class BuilderMembership implements Disposable {
  /** The builders that can build each image, by node. The lists of candidates grow. */
  readonly candidacies: ReadonlyMap<string, Candidacy>
  readonly #lists: ReadonlyMap<string, Candidate[]>
  readonly #addresses: Map<Builder, string>
  readonly #left = new Set<Builder>()
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal
  readonly #input: MembershipInput
  readonly #openings: Disposable | undefined

  constructor(input: MembershipInput) {
    const { builders, planned, pool, signal } = input
    this.#input = input
    this.#lists = new Map([...planned.candidacies].map(([id, { candidates }]) => [id, [...candidates]]))
    this.candidacies = new Map(
      [...planned.candidacies].map(([id, { rejections }]) => [
        id,
        { candidates: this.#lists.get(id) ?? [], rejections },
      ]),
    )
    this.#signal = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal])
    this.#addresses = new Map([...this.#lists.values()].flat().map(({ builder, address }) => [builder, address]))
    const canGrow =
      this.#lists.size > 0 && builders.watch(({ builder, change }) => this.#follow(builder, change), this.#signal)
    this.#openings = canGrow ? pool.expectJoins() : undefined
  }

  [Symbol.dispose](): void {
    this.#stop.abort()
    this.#openings?.[Symbol.dispose]()
  }

  #follow(builder: Builder, change: 'joined' | 'left'): void {
    if (change === 'joined') {
      this.#left.delete(builder)
      void this.#join(builder)
      return
    }
    this.#left.add(builder)
    this.#input.pool.leave(builder)
    this.#report('builder-left', builder)
  }

  async #join(builder: Builder): Promise<void> {
    const found = await this.#describe(builder)
    if (found === undefined || this.#left.has(builder)) return
    for (const [id, candidate] of found) {
      this.#addresses.set(builder, candidate.address)
      const list = this.#lists.get(id)
      if (list !== undefined && !list.some((one) => one.builder === builder)) list.push(candidate)
    }
    this.#input.pool.join(builder)
    this.#report('builder-joined', builder)
  }

  /** A pod may be ready before its builder answers. */
  async #describe(builder: Builder): Promise<ReadonlyMap<string, Candidate> | undefined> {
    while (!this.#signal.aborted && !this.#left.has(builder)) {
      try {
        return await this.#input.planned.candidatesOn(builder, this.#signal)
      } catch (error) {
        if (!(error instanceof PolyarchError)) throw error
        await sleep(RETRY_DELAY, undefined, { signal: this.#signal, ref: false }).catch(() => {})
      }
    }
    return undefined
  }

  /** A builder that builds nothing of this run is not reported. */
  #report(kind: 'builder-joined' | 'builder-left', builder: Builder): void {
    const engine = this.#addresses.get(builder)
    if (engine !== undefined) this.#input.emit({ kind, at: Date.now(), engine })
  }
}
