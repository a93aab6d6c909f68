import { gzipMembers } from './gzip-members.js'
import { packageError } from './package-error.js'
import { verifiedMembers } from './signature.js'
import { tarEntries } from './tar-entries.js'

/** A package of an index. */
export interface IndexedPackage {
  /** Its name. */
  readonly name: string
  readonly version: string
  /** `Q1` and the base64 sha1 of its control segment. */
  readonly checksum: string
  readonly depends: readonly string[]
  readonly provides: readonly string[]
  readonly installIf: readonly string[]
  readonly priority: number
  readonly origin: string
  /** Seconds since the epoch. */
  readonly built: number
  /** The lines of its record, which the database of a root repeats. */
  readonly record: string
  /** The URL of the folder that it is in. */
  readonly folder: string
}

/**
 * Reads a signed index.
 *
 * @param folder - the URL of the folder that has the index and the packages.
 * @param keys - trusted public keys in PEM.
 * @throws PackageError
 * @see https://wiki.alpinelinux.org/wiki/Apk_spec#APKINDEX_Format
 */
export async function readIndex(
  bytes: Buffer,
  folder: string,
  keys: readonly string[],
): Promise<readonly IndexedPackage[]> {
  const members = await verifiedMembers(gzipMembers(bytes), keys)
  const entries = await tarEntries(Buffer.concat(members.map(({ content }) => content)))
  const index = entries.find(({ header }) => header.name === 'APKINDEX')
  if (index === undefined) throw packageError('it has no APKINDEX')
  return indexedPackages(index.content.toString(), folder)
}

/** Reads the text of an index. @throws PackageError */
export function indexedPackages(text: string, folder: string): readonly IndexedPackage[] {
  return text
    .split('\n\n')
    .filter((record) => record.trim() !== '')
    .map((record) => parseRecord(record.trim(), folder))
}

function parseRecord(record: string, folder: string): IndexedPackage {
  const fields = new Map(record.split('\n').map((line) => [line.slice(0, 1), line.slice(2)]))
  const field = (letter: string) => fields.get(letter) ?? ''
  const [name, version, checksum] = [field('P'), field('V'), field('C')]
  // They become parts of file names and of commands.
  if (
    !/^[A-Za-z0-9][\w.+-]*$/.test(name) ||
    !/^\d[\w.~-]*$/.test(version) ||
    !/^Q1[A-Za-z0-9+/]{27}=$/.test(checksum)
  ) {
    throw packageError(`the record of package ${JSON.stringify(name)} is not valid`)
  }
  return {
    name,
    version,
    checksum,
    depends: words(field('D')),
    provides: words(field('p')),
    installIf: words(field('i')),
    priority: Number(field('k')) || 0,
    origin: field('o'),
    built: Number(field('t')) || 0,
    record,
    folder,
  }
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}
