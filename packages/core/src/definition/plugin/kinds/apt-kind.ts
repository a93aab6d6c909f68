import type { AptBase } from '../base-source.js'
import type { RootfsKind } from '../rootfs-kind.js'
import { aptFieldIssues, overlayIssues } from './apt-fields.js'
import { platformArchitecture } from './debian-architectures.js'
import { isTexts, textIssues } from './field-checks.js'
import { keyIssues } from './openpgp-key.js'

/** Bases that mmdebstrap makes from a distribution's package archive. */
export const aptKind: RootfsKind<AptBase> = {
  name: 'apt',

  tools: [
    { program: 'mmdebstrap', package: 'mmdebstrap' },
    { program: 'arch-test', package: 'arch-test' },
    { program: 'newuidmap', package: 'uidmap', rootless: true },
    { program: 'newgidmap', package: 'uidmap', rootless: true },
  ],

  issues: (data) => [
    ...textIssues(data, 'distribution', 'suite', 'architecture', 'variant'),
    ...['components', 'packages']
      .filter((name) => !isTexts(data[name]))
      .map((name) => `${name} must be a list of strings`),
    ...(Array.isArray(data['components']) && data['components'].length === 0 ? ['components must not be empty'] : []),
    ...(data['isFrozen'] === undefined || typeof data['isFrozen'] === 'boolean'
      ? []
      : ['isFrozen must be true or false']),
    ...(data['hostMirrorArchitectures'] === undefined || isTexts(data['hostMirrorArchitectures'])
      ? []
      : ['hostMirrorArchitectures must be a list of strings']),
    ...(data['keyring'] === undefined ? [] : textIssues(data, 'keyring')),
    ...aptFieldIssues(data),
    ...keyIssues(data['keys']),
    ...overlayIssues(data['overlays']),
    ...(data['overlays'] !== undefined && data['keyring'] === undefined && data['keys'] === undefined
      ? ['keyring or keys must be set beside overlays']
      : []),
  ],

  describe: ({ distribution, suite, architecture }) => `${distribution} ${suite} ${architecture} (packages)`,

  architecture: ({ architecture }) => platformArchitecture(architecture),

  lockName({ distribution, suite, architecture, components, overlays = [] }) {
    const added = overlays.map((one) => [one.distribution, one.suite, one.components.join('+')].join('/'))
    return [[distribution, suite, architecture, components.join('+')].join('/'), ...added].join(',')
  },

  inputs(source, { date, ...indexes }) {
    const { distribution, suite, architecture, components, variant, packages } = source
    const sorted = [...packages].sort()
    const overlays = source.overlays?.map((one) => ({
      distribution: one.distribution,
      suite: one.suite,
      components: one.components,
    }))
    const own = { distribution, suite, architecture, components, variant, packages: sorted }
    return { ...own, ...(overlays && { overlays }), indexes, date: Number(date) }
  },

  load: async () => (await import('../../../rootfs/apt/apt.js')).apt,
}
