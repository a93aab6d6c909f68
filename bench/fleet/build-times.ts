import times from './build-times.json' with { type: 'json' }

/** Times of one build in milliseconds: on a builder without its cache, and on one that has it. */
export interface BuildTime {
  readonly cold: number
  readonly warm: number
}

/** The times that `npm run bench:fleet -- --measure` measured. */
export const BUILD_TIMES: readonly BuildTime[] = times
