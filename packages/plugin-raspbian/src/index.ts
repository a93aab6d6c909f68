/**
 * Bases of Raspbian.
 *
 * @module \@polyarch/plugin-raspbian
 */

import {
  type Base,
  type DistributionOptions,
  defineDistribution,
  definePlugin,
  type Plugin,
  type ReleaseName,
} from '@polyarch/core/plugin'
import { RASPBIAN } from './releases.js'

/** Boards that `platform(...)` accepts in place of an architecture; Debian's plugin has those with 64 bits. */
const BOARDS = {
  'raspberrypi-zero': { platform: 'linux/arm/v6', base: 'raspbian' },
  'raspberrypi-1': { platform: 'linux/arm/v6', base: 'raspbian' },
  'raspberrypi-2': { platform: 'linux/arm/v7', base: 'raspbian' },
} as const

/** Options of `platform(..., { base: 'raspbian' })`. */
export type RaspbianOptions = DistributionOptions<ReleaseName<typeof RASPBIAN>, never>

/**
 * Raspbian: the published images, whose config is not trusted, or bases made from Raspbian's packages.
 *
 * @param defaults - values of options that `platform(...)` does not set.
 * @example
 * ```ts
 * platform('raspberrypi-zero', { release: 'bookworm' })
 * platform('arm', { variant: 'v6', base: 'raspbian', release: 'bookworm' })
 * ```
 */
export function raspbian(
  defaults: RaspbianOptions = {},
): Plugin<{ readonly raspbian: Base<RaspbianOptions> }, typeof BOARDS> {
  return definePlugin({
    name: '@polyarch/plugin-raspbian',
    bases: { raspbian: defineDistribution(RASPBIAN, defaults) },
    aliases: BOARDS,
  })
}
