/**
 * Bases of Ubuntu.
 *
 * @module \@polyarch/plugin-ubuntu
 */

import {
  type Base,
  type DistributionOptions,
  defineDistribution,
  definePlugin,
  type Plugin,
  type ReleaseName,
} from '@polyarch/core/plugin'
import { UBUNTU } from './releases.js'

/** Options of `platform(..., { base: 'ubuntu' })`. */
export type UbuntuOptions = DistributionOptions<ReleaseName<typeof UBUNTU>, never>

/**
 * Ubuntu: the official images, or bases made from Ubuntu's packages.
 *
 * @param defaults - values of options that `platform(...)` does not set.
 * @example
 * ```ts
 * platform('amd64', { base: 'ubuntu', release: '24.04' })
 * ```
 */
export function ubuntu(defaults: UbuntuOptions = {}): Plugin<{ readonly ubuntu: Base<UbuntuOptions> }> {
  return definePlugin({
    name: '@polyarch/plugin-ubuntu',
    bases: { ubuntu: defineDistribution(UBUNTU, defaults) },
  })
}
