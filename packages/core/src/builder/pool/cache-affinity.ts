import { createHash } from 'node:crypto'

/** The platform of a pipeline, whose builds share most of their cache. */
export interface BuildKind {
  readonly pipeline: string
  /** The result of `platformIdentity`. */
  readonly platform: string
}

/**
 * The rank of a builder for a kind of build, by rendezvous hashing: the builder with the highest rank is the same in
 * each run, and another one only if it is missing. Each kind of build has another order.
 *
 * @see https://www.ietf.org/archive/id/draft-ietf-bess-weighted-hrw-00.html
 */
function cacheRank(address: string, { pipeline, platform }: BuildKind): number {
  // Parameters, such as the context, are local names of the same builder.
  const [node = ''] = address.split('?')
  return createHash('sha256').update(`${pipeline}\n${platform}\n${node}`).digest().readUIntBE(0, 6)
}

/** A builder, with the time of a build if it has built it before. */
export interface KnownBuilder {
  readonly address: string
  /** Milliseconds of the longest build of the kind that the builder remembers, if it remembers one. */
  readonly pastTime?: number | undefined
}

/**
 * The builders that most likely have the cache of a kind of build: those that have built it before; if none has, the one
 * with the highest rank.
 */
export function likelyCached<C extends KnownBuilder>(candidates: readonly C[], kind: BuildKind): readonly C[] {
  const cached = candidates.filter(({ pastTime }) => pastTime !== undefined)
  if (cached.length > 0) return cached
  const first = highest(candidates, kind)
  return first === undefined ? [] : [first]
}

/** The builder to prefer for a kind of build: the highest of those that most likely have its cache. */
export function preferred<C extends KnownBuilder>(candidates: readonly C[], kind: BuildKind): C | undefined {
  return highest(likelyCached(candidates, kind), kind)
}

function highest<C extends KnownBuilder>(candidates: readonly C[], kind: BuildKind): C | undefined {
  let best: C | undefined
  let rankOfBest = -1
  for (const candidate of candidates) {
    const rank = cacheRank(candidate.address, kind)
    if (rank > rankOfBest) [best, rankOfBest] = [candidate, rank]
  }
  return best
}
