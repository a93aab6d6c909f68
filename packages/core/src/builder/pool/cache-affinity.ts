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

/** The builder that most likely has the cache of such a build; undefined if there is none. */
export function preferred<C extends { readonly address: string }>(
  candidates: readonly C[],
  kind: BuildKind,
): C | undefined {
  let best: C | undefined
  let highest = -1
  for (const candidate of candidates) {
    const rank = cacheRank(candidate.address, kind)
    if (rank > highest) [best, highest] = [candidate, rank]
  }
  return best
}
