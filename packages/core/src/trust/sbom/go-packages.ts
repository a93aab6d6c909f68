import type { GoBuildInfo } from './go-build-info.js'
import type { Package } from './package.js'

/** Lists the modules that a program of Go was built from, with the standard library. */
export function goPackages({ goVersion, modules }: GoBuildInfo): readonly Package[] {
  const found: Package[] = []
  for (const line of modules.split('\n')) {
    const [kind, path, version] = line.split('\t')
    if (!path || !version) continue
    // A replacement takes the place of the module before it; one by a directory has no version.
    if (kind === '=>') found.pop()
    if (kind === 'mod' || kind === 'dep' || kind === '=>') found.push(modulePackage(path, version))
  }
  // `go1.22.3 X:experiment`
  const [standard = ''] = goVersion.replace(/^go/, '').split(' ')
  return [modulePackage('stdlib', standard), ...found]
}

function modulePackage(name: string, version: string): Package {
  return { type: 'golang', name, version }
}
