import type { BuildClaim, BuilderPool, Candidacy, Lease } from '../builder/pool/pool.js'
import type { Builder } from '../builder/port.js'
import { EngineError } from '../model/errors.js'
import type { EngineUse } from '../model/run/engine-use.js'

/** A build that waits for a builder. */
export interface Placement {
  readonly node: string
  readonly claim: BuildClaim
  /** Why other builders cannot build it. */
  readonly rejections: Candidacy['rejections']
  readonly pool: BuilderPool
  readonly signal: AbortSignal
  /** Called if the connection to a builder was lost and another builder repeats the build. */
  readonly moved: (use: EngineUse, error: unknown) => void
}

/** Waits for a free builder. @throws EngineError if none can build the image; CancelledError */
export async function leaseFor({ node, claim, rejections, pool, signal }: Placement): Promise<Lease> {
  const lease = await pool.lease(claim, signal)
  if (lease !== undefined) return lease
  throw (
    rejections[0] ??
    new EngineError('ENGINE_UNREACHABLE', `no builder is left to build ${node}`, {
      hint: 'check why the builders do not answer, and run again: finished images are reused',
    })
  )
}

/**
 * Runs a build on the builder of a lease, and ends the lease. If the builder is lost meanwhile, the build runs once more
 * on another builder, if there is one.
 */
export async function doOnBuilder<T>(
  lease: Lease,
  placement: Placement,
  work: (builder: Builder) => Promise<T>,
): Promise<T> {
  const { pool, claim, signal } = placement
  const first = await attempt(lease, placement, work)
  if ('value' in first) return first.value
  const other = await pool.lease(claim, signal)
  if (other === undefined) throw first.lost
  placement.moved(other.use, first.lost)
  const second = await attempt(other, placement, work)
  if ('value' in second) return second.value
  throw second.lost
}

/** Throws the error of the build, unless its builder was lost. */
async function attempt<T>(
  lease: Lease,
  { pool, claim, signal }: Placement,
  work: (builder: Builder) => Promise<T>,
): Promise<{ readonly value: T } | { readonly lost: unknown }> {
  using held = lease
  try {
    return { value: await work(held.builder) }
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    if (!pool.hasOther(held.builder, claim)) throw error
    if (!pool.isGone(held.builder) && !(await isLost(held.builder, error, signal))) throw error
    pool.leave(held.builder)
    return { lost: error }
  }
}

/** A builder that is being stopped fails its builds first, each with the error of a failed build. */
async function isLost(builder: Builder, error: EngineError, signal: AbortSignal): Promise<boolean> {
  if (error.code === 'ENGINE_UNREACHABLE') return true
  return builder.describe({ signal }).then(
    () => false,
    (answer: unknown) => answer instanceof EngineError && answer.code === 'ENGINE_UNREACHABLE',
  )
}
