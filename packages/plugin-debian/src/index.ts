/**
 * Bases of Debian, Devuan, Kali Linux and Raspberry Pi OS.
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
import { DEVUAN, KALI } from './derivatives.js'
import { type RaspiosOptions, raspiosBase } from './raspberry-pi-os.js'
import { DEBIAN } from './releases.js'

export type { RaspiosOptions } from './raspberry-pi-os.js'

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

/** Options of `platform(..., { base: 'devuan' })`. */
export type DevuanOptions = DistributionOptions<ReleaseName<typeof DEVUAN>, never>

/**
 * Devuan: bases made from its packages.
 *
 * @param defaults - values of options that `platform(...)` does not set.
 * @example
 * ```ts
 * platform('arm64', { base: 'devuan', release: 'excalibur', mirror: 'https://mirror.example.com/merged' })
 * ```
 */
export function devuan(defaults: DevuanOptions = {}): Plugin<{ readonly devuan: Base<DevuanOptions> }> {
  return definePlugin({
    name: '@polyarch/plugin-debian',
    bases: { devuan: defineDistribution(DEVUAN, defaults) },
  })
}

/** Options of `platform(..., { base: 'kali' })`. */
export type KaliOptions = DistributionOptions<ReleaseName<typeof KALI>, never>

/**
 * Kali Linux: the official images, or bases made from its packages.
 *
 * @param defaults - values of options that `platform(...)` does not set.
 * @example
 * ```ts
 * platform('arm64', { base: 'kali' })
 * ```
 */
export function kali(defaults: KaliOptions = {}): Plugin<{ readonly kali: Base<KaliOptions> }> {
  return definePlugin({
    name: '@polyarch/plugin-debian',
    bases: { kali: defineDistribution(KALI, defaults) },
  })
}

/** Boards with 64 bits that `platform(...)` accepts in place of an architecture. */
const BOARDS = {
  'raspberrypi-3-64': { platform: 'linux/arm64', base: 'raspios' },
  'raspberrypi-4': { platform: 'linux/arm64', base: 'raspios' },
  'raspberrypi-5': { platform: 'linux/arm64', base: 'raspios' },
} as const

/**
 * Raspberry Pi OS with 64 bits: bases made from Debian's packages and those of Raspberry Pi.
 *
 * @param defaults - values of options that `platform(...)` does not set.
 * @example
 * ```ts
 * platform('raspberrypi-5', { release: 'trixie', mirror: 'https://mirror.example.com/raspberrypi' })
 * ```
 */
export function raspios(
  defaults: RaspiosOptions = {},
): Plugin<{ readonly raspios: Base<RaspiosOptions> }, typeof BOARDS> {
  return definePlugin({
    name: '@polyarch/plugin-debian',
    bases: { raspios: raspiosBase(defaults) },
    aliases: BOARDS,
  })
}
