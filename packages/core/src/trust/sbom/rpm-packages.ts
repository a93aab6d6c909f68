import { HostError, RegistryError } from '../../model/errors.js'
import type { Package } from './package.js'

/** Forms of rpm's database, by the name of its file. */
const READERS = {
  'rpmdb.sqlite': 'getPackagesSqlite',
  'Packages.db': 'getPackagesNdb',
  Packages: 'getPackages',
} as const

/** Whether a file is a database of rpm. */
export function isRpmDatabase(path: string): boolean {
  return /^(?:var\/lib\/rpm|usr\/lib\/sysimage\/rpm|usr\/share\/rpm)\/(?:rpmdb\.sqlite|Packages(?:\.db)?)$/.test(path)
}

/**
 * Reads what rpm has installed, by a library of its own: its database has three forms.
 *
 * @throws HostError TOOL_MISSING without the library; RegistryError MANIFEST_UNSUPPORTED for a damaged database
 */
export async function rpmPackages(path: string, database: Buffer): Promise<readonly Package[]> {
  const reader = READERS[path.slice(path.lastIndexOf('/') + 1) as keyof typeof READERS]
  const parser = await loadParser()
  const { response, error } = await parser[reader](database)
  if (error !== undefined) {
    throw new RegistryError('MANIFEST_UNSUPPORTED', `the packages of rpm cannot be listed: ${error.message}`)
  }
  return response
    .filter(({ name }) => name !== 'gpg-pubkey')
    .map(({ name, version, release, arch, epoch, sourceRPM }) => ({
      ...{ type: 'rpm' as const, name, version: `${version}-${release}` },
      ...(arch !== undefined && { architecture: arch }),
      ...(epoch !== undefined && epoch !== 0 && { epoch: String(epoch) }),
      ...(sourceRPM !== undefined && { source: sourceRPM }),
    }))
}

async function loadParser() {
  try {
    return await import('@snyk/rpm-parser')
  } catch (cause) {
    throw new HostError('TOOL_MISSING', 'the package @snyk/rpm-parser, which reads rpm databases, is not installed', {
      hint: 'npm install @snyk/rpm-parser',
      cause,
    })
  }
}
