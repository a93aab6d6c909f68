import type { Package } from './package.js'
import { parseStanzas, type Stanza } from './stanzas.js'

/**
 * Lists the packages that dpkg has installed, from its status file, or from one file per package in distroless images.
 */
export function dpkgPackages(status: string): readonly Package[] {
  return parseStanzas(status).flatMap((stanza) => {
    // Distroless images have no Status.
    const state = stanza.get('Status') ?? 'install ok installed'
    return state.endsWith(' installed') ? packageOf(stanza, 'deb', FIELDS.deb) : []
  })
}

/** Lists the packages that apk has installed. @see https://wiki.alpinelinux.org/wiki/Apk_spec */
export function apkPackages(installed: string): readonly Package[] {
  return parseStanzas(installed).flatMap((stanza) => packageOf(stanza, 'apk', FIELDS.apk))
}

const FIELDS = {
  deb: { name: 'Package', version: 'Version', architecture: 'Architecture', source: 'Source', license: 'License' },
  apk: { name: 'P', version: 'V', architecture: 'A', source: 'o', license: 'L' },
} as const

function packageOf(
  stanza: Stanza,
  type: 'deb' | 'apk',
  fields: (typeof FIELDS)[keyof typeof FIELDS],
): readonly Package[] {
  const [name, version] = [stanza.get(fields.name), stanza.get(fields.version)]
  if (name === undefined || version === undefined) return []
  const architecture = stanza.get(fields.architecture)
  // `source (version)`, if the versions differ.
  const source = stanza.get(fields.source)?.split(' ', 1)[0]
  const license = stanza.get(fields.license)
  return [
    {
      ...{ type, name, version },
      ...(architecture !== undefined && { architecture }),
      ...(source !== undefined && source !== name && { source }),
      ...(license && { licenses: [license] }),
    },
  ]
}
