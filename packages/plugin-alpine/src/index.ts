/**
 * Bases of Alpine.
 *
 * @module \@polyarch/plugin-alpine
 */

import { type Base, definePlugin, type Plugin } from '@polyarch/core/plugin'
import { type AlpineOptions, alpineBase } from './alpine-base.js'

export type { AlpineOptions, MinirootfsArchive } from './alpine-base.js'
export { apk } from './apk/apk-kind.js'
export type { ApkSource } from './apk/apk-source.js'

/**
 * Alpine: the official images, or bases made from Alpine's packages or root file system archives.
 *
 * @param defaults - values of options that `platform(...)` does not set.
 * @example
 * ```ts
 * platform('arm64', { base: 'alpine', release: '3.24', source: 'apk', mirror: 'https://mirror.example.com/alpine' })
 * ```
 */
export function alpine(defaults: AlpineOptions = {}): Plugin<{ readonly alpine: Base<AlpineOptions> }> {
  return definePlugin({ name: '@polyarch/plugin-alpine', bases: { alpine: alpineBase(defaults) } })
}
