/**
 * Bases of Debian.
 *
 * @module \@polyarch/plugin-debian
 */

import {
  type Base,
  type DistributionOptions,
  defineDistribution,
  definePlugin,
  type Plugin,
  type ReleaseName,
} from '@polyarch/core/plugin'
import { DEBIAN } from './releases.js'

/** Options of `platform(..., { base: 'debian' })`. */
export type DebianOptions = DistributionOptions<ReleaseName<typeof DEBIAN>, keyof typeof DEBIAN.flavors>

/**
 * Debian: the official images, or bases made from Debian's packages.
 *
 * @param defaults - values of options that `platform(...)` does not set.
 * @example
 * ```ts
 * platform('arm', { variant: 'v7', base: 'debian', release: 'bookworm', source: 'apt' })
 * ```
 */
export function debian(defaults: DebianOptions = {}): Plugin<{ readonly debian: Base<DebianOptions> }> {
  return definePlugin({
    name: '@polyarch/plugin-debian',
    bases: { debian: defineDistribution(DEBIAN, defaults) },
  })
}
