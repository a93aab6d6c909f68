import type { Distribution, Package } from './package.js'

/** Names packages by URLs. The library is loaded where packages are listed. */
export async function loadPurl(): Promise<(one: Package, distribution: Distribution | undefined) => string> {
  const { PackageURL } = await import('packageurl-js')
  return ({ type, name, version, architecture, epoch }, distribution) => {
    const isSystem = type === 'deb' || type === 'apk' || type === 'rpm'
    const [namespace, own] = isSystem ? [distribution?.id ?? '', name] : splitName(type, name)
    const release = distribution && [distribution.id, distribution.version].filter(Boolean).join('-')
    const qualifiers = {
      ...(architecture !== undefined && { arch: architecture }),
      ...(epoch !== undefined && { epoch }),
      ...(isSystem && release && { distro: release }),
    }
    return new PackageURL(type, namespace || null, own, version, qualifiers, null).toString()
  }
}

/** `@scope/name` of npm, and `host/path/name` of Go. */
function splitName(type: Package['type'], name: string): readonly [namespace: string, name: string] {
  const slash = type === 'golang' ? name.lastIndexOf('/') : name.startsWith('@') ? name.indexOf('/') : -1
  return slash > 0 ? [name.slice(0, slash), name.slice(slash + 1)] : ['', name]
}
