/**
 * Bases of Fedora, Rocky Linux, AlmaLinux and CentOS Stream.
 *
 * @module \@polyarch/plugin-fedora
 */

import {
  type Base,
  type DistributionOptions,
  type DistributionTable,
  defineDistribution,
  definePlugin,
  type Plugin,
  type ReleaseName,
} from '@polyarch/core/plugin'
import { ALMALINUX, CENTOS, FEDORA, ROCKY } from './releases.js'

export { dnf } from './dnf/dnf-kind.js'
export type { DnfRepository, DnfSource } from './dnf/dnf-source.js'

type OptionsOf<Table extends DistributionTable> = DistributionOptions<
  ReleaseName<Table>,
  keyof Table['flavors'] & string,
  'dnf'
>

/** Options of `platform(..., { base: 'fedora' })`. */
export type FedoraOptions = OptionsOf<typeof FEDORA>
/** Options of `platform(..., { base: 'rocky' })`. */
export type RockyOptions = OptionsOf<typeof ROCKY>
/** Options of `platform(..., { base: 'almalinux' })`. */
export type AlmaLinuxOptions = OptionsOf<typeof ALMALINUX>
/** Options of `platform(..., { base: 'centos' })`. */
export type CentosOptions = OptionsOf<typeof CENTOS>

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
      fedora: defineDistribution(FEDORA, defaults.fedora),
      rocky: defineDistribution(ROCKY, defaults.rocky),
      almalinux: defineDistribution(ALMALINUX, defaults.almalinux),
      centos: defineDistribution(CENTOS, defaults.centos),
    },
  })
}
