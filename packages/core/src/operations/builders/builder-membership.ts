import { setTimeout as sleep } from 'node:timers/promises'
import type { Engines } from '../../builder/builders.js'
import type { Candidacy, Candidate, EnginePool } from '../../builder/pool/pool.js'
import type { Builder } from '../../builder/port.js'
import { PolyarchError } from '../../model/errors.js'
import type { RunEvent } from '../../model/run/events.js'
import type { Planned } from '../../plan/planning.js'

/** Milliseconds before a builder that did not answer is queried again. */
const RETRY_DELAY = 5000

/** Input of {@link followBuilders}. */
export interface MembershipInput {
  readonly engines: Engines
  readonly planned: Pick<Planned, 'candidacies' | 'candidatesOn'>
  readonly pool: EnginePool
  readonly signal?: AbortSignal | undefined
  readonly emit: (event: RunEvent) => void
}

/** The builders that can build each image, while builders join and leave. */
export interface Membership extends Disposable {
  /** By node. The lists of candidates grow. */
  readonly candidacies: ReadonlyMap<string, Candidacy>
}

/** Gives builds to builders that join during a run, and none to those that leave, until it is disposed of. */
export function followBuilders({ engines, planned, pool, signal, emit }: MembershipInput): Membership {
  const lists = new Map([...planned.candidacies].map(([id, { candidates }]) => [id, [...candidates]]))
  const candidacies = new Map(
    [...planned.candidacies].map(([id, { rejections }]) => [id, { candidates: lists.get(id) ?? [], rejections }]),
  )
  const stop = new AbortController()
  const own = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
  const addresses = new Map([...lists.values()].flat().map(({ engine, address }) => [engine, address]))
  const left = new Set<Builder>()
  const canGrow = lists.size > 0 && engines.watch(({ builder, change }) => follow(builder, change), own)
  const openings = canGrow ? pool.expectJoins() : undefined
  return {
    candidacies,
    [Symbol.dispose]() {
      stop.abort()
      openings?.[Symbol.dispose]()
    },
  }

  function follow(builder: Builder, change: 'joined' | 'left'): void {
    if (change === 'joined') {
      left.delete(builder)
      void join(builder)
      return
    }
    left.add(builder)
    pool.leave(builder)
    report('builder-left', builder)
  }

  async function join(builder: Builder): Promise<void> {
    const found = await describe(builder)
    if (found === undefined || left.has(builder)) return
    for (const [id, candidate] of found) {
      addresses.set(builder, candidate.address)
      const list = lists.get(id)
      if (list !== undefined && !list.some(({ engine }) => engine === builder)) list.push(candidate)
    }
    pool.join(builder)
    report('builder-joined', builder)
  }

  /** A pod may be ready before its builder answers. */
  async function describe(builder: Builder): Promise<ReadonlyMap<string, Candidate> | undefined> {
    while (!own.aborted && !left.has(builder)) {
      try {
        return await planned.candidatesOn(builder, own)
      } catch (error) {
        if (!(error instanceof PolyarchError)) throw error
        await sleep(RETRY_DELAY, undefined, { signal: own, ref: false }).catch(() => {})
      }
    }
    return undefined
  }

  /** A builder that builds nothing of this run is not reported. */
  function report(kind: 'builder-joined' | 'builder-left', builder: Builder): void {
    const engine = addresses.get(builder)
    if (engine !== undefined) emit({ kind, at: Date.now(), engine })
  }
}
