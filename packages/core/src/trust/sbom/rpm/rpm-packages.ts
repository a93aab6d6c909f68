import { PolyarchError, RegistryError } from '../../../model/errors.js'
import type { Package } from '../package.js'
import { berkeleyValues } from './berkeley-database.js'
import { ndbBlobs } from './ndb-database.js'
import { readRpmHeader } from './rpm-header.js'
import { sqliteBlobs } from './sqlite-database.js'

/** Readers of the forms of rpm's database, by the name of its file. */
const READERS: Readonly<Record<string, (database: Buffer) => readonly Buffer[] | Promise<readonly Buffer[]>>> = {
  'rpmdb.sqlite': sqliteBlobs,
  'Packages.db': ndbBlobs,
  Packages: berkeleyValues,
}

/** Whether a file is a database of rpm. */
export function isRpmDatabase(path: string): boolean {
  return /^(?:var\/lib\/rpm|usr\/lib\/sysimage\/rpm|usr\/share\/rpm)\/(?:rpmdb\.sqlite|Packages(?:\.db)?)$/.test(path)
}

/**
 * Lists the packages that rpm has installed.
 *
 * @throws HostError TOOL_MISSING without the library for SQLite; RegistryError MANIFEST_UNSUPPORTED for a damaged
 * database
 */
export async function rpmPackages(path: string, database: Buffer): Promise<readonly Package[]> {
  const read = READERS[path.slice(path.lastIndexOf('/') + 1)]
  try {
    const blobs = (await read?.(database)) ?? []
    return blobs.map(readRpmHeader).filter(({ name }) => name !== 'gpg-pubkey')
  } catch (cause) {
    if (cause instanceof PolyarchError) throw cause
    const because = cause instanceof Error ? cause.message : String(cause)
    throw new RegistryError('MANIFEST_UNSUPPORTED', `the packages in ${path} cannot be listed: ${because}`, { cause })
  }
}
