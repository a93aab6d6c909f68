/**
 * Bases of Fedora, Rocky Linux, AlmaLinux and CentOS Stream.
 *
 * @module \@polyarch/plugin-fedora
 */

import { type Base, definePlugin, type Plugin } from '@polyarch/core/plugin'
import { ALMALINUX, CENTOS, FEDORA, ROCKY } from './releases.js'
import { type RpmOptionsOf, rpmBase } from './rpm-base.js'

export { dnf } from './dnf/dnf-kind.js'
export type { DnfRepository, DnfSource } from './dnf/dnf-source.js'
export type { RepositorySnapshot, RpmOptions } from './rpm-base.js'

/** Options of `platform(..., { base: 'fedora' })`. */
export type FedoraOptions = RpmOptionsOf<typeof FEDORA>
/** Options of `platform(..., { base: 'rocky' })`. */
export type RockyOptions = RpmOptionsOf<typeof ROCKY>
/** Options of `platform(..., { base: 'almalinux' })`. */
export type AlmaLinuxOptions = RpmOptionsOf<typeof ALMALINUX>
/** Options of `platform(..., { base: 'centos' })`. */
export type CentosOptions = RpmOptionsOf<typeof CENTOS>

/** Values of options that `platform(...)` does not set, by base. */
export interface FedoraDefaults {
  readonly fedora?: FedoraOptions
  readonly rocky?: RockyOptions
  readonly almalinux?: AlmaLinuxOptions
  readonly centos?: CentosOptions
}

/** The bases of the plugin. */
export type FedoraBases = {
  readonly fedora: Base<FedoraOptions>
  readonly rocky: Base<RockyOptions>
  readonly almalinux: Base<AlmaLinuxOptions>
  readonly centos: Base<CentosOptions>
}

/**
 * Fedora, Rocky Linux, AlmaLinux and CentOS Stream: the official images, or bases made by dnf from their packages.
 *
 * @param defaults - values of the options of each base that `platform(...)` does not set.
 * @example
 * ```ts
 * platform('arm64', { base: 'fedora', release: '44', source: 'dnf', mirror: 'https://mirror.example.com/fedora/linux' })
 * ```
 */
export function fedora(defaults: FedoraDefaults = {}): Plugin<FedoraBases> {
  return definePlugin({
    name: '@polyarch/plugin-fedora',
    bases: {
      fedora: rpmBase(FEDORA, defaults.fedora),
      rocky: rpmBase(ROCKY, defaults.rocky),
      almalinux: rpmBase(ALMALINUX, defaults.almalinux),
      centos: rpmBase(CENTOS, defaults.centos),
    },
  })
}
