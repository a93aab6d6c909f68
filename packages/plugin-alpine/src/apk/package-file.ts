import { createHash } from 'node:crypto'
import { gzipMembers } from './gzip-members.js'
import { packageError } from './package-error.js'
import type { IndexedPackage } from './package-index.js'
import { type TarEntry, tarEntries } from './tar-entries.js'

/** A verified package. */
export interface PackageFile {
  readonly indexed: IndexedPackage
  /** Scripts by their phase: `post-install`. */
  readonly scripts: ReadonlyMap<string, Buffer>
  readonly triggers: readonly string[]
  readonly replaces: readonly string[]
  readonly replacesPriority: string
  readonly files: readonly TarEntry[]
  /** Its files as a tar, compressed with gzip. */
  readonly data: Buffer
}

/**
 * Reads a package. The index has the hash of its control segment, which has the hash of its files, so that the
 * signature of the index covers both.
 *
 * @throws PackageError
 */
export async function readPackage(bytes: Buffer, indexed: IndexedPackage): Promise<PackageFile> {
  const members = gzipMembers(bytes)
  const at = members.findIndex(({ content }) => content.toString('latin1', 0, 9) === '.PKGINFO\0')
  const control = members[at]
  if (control === undefined) throw packageError('it has no .PKGINFO')
  const sum = `Q1${createHash('sha1').update(control.stored).digest('base64')}`
  if (sum !== indexed.checksum) throw packageError(`its checksum is ${sum} instead of ${indexed.checksum}`)
  const entries = await tarEntries(control.content)
  const fields = parseFields(entries.find(({ header }) => header.name === '.PKGINFO')?.content.toString() ?? '')
  const rest = members.slice(at + 1)
  const data = Buffer.concat(rest.map(({ stored }) => stored))
  const hash = createHash('sha256').update(data).digest('hex')
  const expected = fields.get('datahash')?.[0]
  if (hash !== expected) throw packageError(`the sha256 of its files is ${hash} instead of ${expected}`)
  const scripts = entries.flatMap(({ header, content }) => {
    const phase = /^\.((?:pre|post)-(?:install|upgrade|deinstall)|trigger)$/.exec(header.name)?.[1]
    return phase === undefined ? [] : [[phase, content] as const]
  })
  return {
    indexed,
    scripts: new Map(scripts),
    triggers: fields.get('triggers')?.flatMap((text) => text.split(' ')) ?? [],
    replaces: fields.get('replaces') ?? [],
    replacesPriority: fields.get('replaces_priority')?.[0] ?? '',
    files: await tarEntries(Buffer.concat(rest.map(({ content }) => content))),
    data,
  }
}

function parseFields(text: string): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, string[]>()
  for (const [, name = '', value = ''] of text.matchAll(/^(\w+) = (.*)$/gm)) {
    fields.set(name, [...(fields.get(name) ?? []), value])
  }
  return fields
}
