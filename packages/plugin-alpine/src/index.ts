/**
 * Bases of Alpine.
 *
 * @module \@polyarch/plugin-alpine
 */

import {
  type Base,
  type DistributionOptions,
  defineDistribution,
  definePlugin,
  type Plugin,
  type ReleaseName,
} from '@polyarch/core/plugin'
import { ALPINE } from './releases.js'

export { apk } from './apk/apk-kind.js'
export type { ApkSource } from './apk/apk-source.js'

/** Options of `platform(..., { base: 'alpine' })`. */
export type AlpineOptions = DistributionOptions<ReleaseName<typeof ALPINE>, never, 'apk'>

/**
 * Alpine: the official images, or bases made from Alpine's packages.
 *
 * @param defaults - options that hold where `platform(...)` says nothing else.
 * @example
 * ```ts
 * platform('arm64', { base: 'alpine', release: '3.24', source: 'apk', mirror: 'https://mirror.example.com/alpine' })
 * ```
 */
export function alpine(defaults: AlpineOptions = {}): Plugin<{ readonly alpine: Base<AlpineOptions> }> {
  return definePlugin({ name: '@polyarch/plugin-alpine', bases: { alpine: defineDistribution(ALPINE, defaults) } })
}
