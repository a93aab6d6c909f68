import {
  type Base,
  type DistributionOptions,
  defineDistribution,
  definePlugin,
  type Plugin,
  type ReleaseName,
} from '@polyarch/core'
import { RASPBIAN } from './releases.js'

/** What `platform(..., { base: 'raspbian' })` takes. */
export type RaspbianOptions = DistributionOptions<ReleaseName<typeof RASPBIAN>, never>

/**
 * Raspbian: the published images, whose config is not believed, or bases made from Raspbian's packages.
 *
 * @param defaults - options that hold where `platform(...)` says nothing else.
 * @example
 * ```ts
 * platform('arm', { variant: 'v6', base: 'raspbian', release: 'bookworm' })
 * ```
 */
export function raspbian(defaults: RaspbianOptions = {}): Plugin<{ readonly raspbian: Base<RaspbianOptions> }> {
  return definePlugin({
    name: '@polyarch/plugin-raspbian',
    bases: { raspbian: defineDistribution(RASPBIAN, defaults) },
  })
}
