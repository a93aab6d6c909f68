import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { pack } from 'tar-stream'
import { packageError } from './package-error.js'
import type { PackageFile } from './package-file.js'
import type { TarEntry } from './tar-entries.js'

/** Permission bits of a mode. */
const PERMISSIONS = 0o7777

/**
 * The list of installed packages and of their files, as apk writes it. Owners are written as `%u{name}` and `%g{name}`,
 * because their numbers are in the root's own files.
 *
 * @throws PackageError if two packages have one file, and neither replaces the other
 */
export function installedDatabase(packages: readonly PackageFile[]): string {
  const owners = fileOwners(packages)
  return packages.map((one) => installedRecord(one, owners)).join('')
}

function installedRecord(one: PackageFile, owners: ReadonlyMap<string, PackageFile>): string {
  const { indexed, replaces, replacesPriority } = one
  const lines = [
    indexed.record,
    ...(replaces.length > 0 ? [`r:${replaces.join(' ')}`] : []),
    ...(replacesPriority !== '' ? [`q:${replacesPriority}`] : []),
  ]
  for (const [folder, { entry, files }] of foldersOf(one.files)) {
    lines.push(`F:${folder}`, ...attributes('M', entry, 0o755))
    for (const [name, file] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (owners.get(pathOf(file)) !== one) continue
      lines.push(`R:${name}`, ...attributes('a', file, 0o644), `Z:${checksum(file)}`)
    }
  }
  return `${lines.join('\n')}\n\n`
}

function fileOwners(packages: readonly PackageFile[]): ReadonlyMap<string, PackageFile> {
  const owners = new Map<string, PackageFile>()
  for (const one of packages) {
    for (const file of one.files.filter(({ header }) => header.type !== 'directory')) {
      const path = pathOf(file)
      const other = owners.get(path)
      if (other !== undefined && !replacesFiles(one, other)) {
        throw packageError(`${one.indexed.name} and ${other.indexed.name} both have ${path}`)
      }
      owners.set(path, one)
    }
  }
  return owners
}

/** Whether a package may overwrite files of one that was installed before. */
function replacesFiles(one: PackageFile, other: PackageFile): boolean {
  const names = one.replaces.map((text) => text.split(/[<>=~]/, 1)[0])
  return (
    names.includes(other.indexed.name) || (one.indexed.origin !== '' && one.indexed.origin === other.indexed.origin)
  )
}

interface Folder {
  readonly entry?: TarEntry
  readonly files: Map<string, TarEntry>
}

function foldersOf(entries: readonly TarEntry[]): ReadonlyMap<string, Folder> {
  const folders = new Map<string, Folder>()
  for (const entry of entries) {
    const path = pathOf(entry)
    if (entry.header.type === 'directory') {
      folders.set(path, { entry, files: folders.get(path)?.files ?? new Map() })
    } else {
      const at = path.lastIndexOf('/')
      const parent = path.slice(0, Math.max(at, 0))
      const folder = folders.get(parent) ?? { files: new Map() }
      folder.files.set(path.slice(at + 1), entry)
      folders.set(parent, folder)
    }
  }
  return folders
}

/** The path of an entry without a slash at its ends. @throws PackageError */
export function pathOf({ header }: TarEntry): string {
  const path = header.name.replace(/^\.\//, '').replace(/(?<!\/)\/+$/, '')
  if (path.startsWith('/') || path.split('/').includes('..') || /\p{Cc}/u.test(path)) {
    throw packageError(`it has the path ${JSON.stringify(header.name)}`)
  }
  return path
}

/** The user and the group of an entry, if they are not root: names, whose numbers are in the root's own files. */
export function ownerOf({ header: { uname, gname } }: TarEntry): { readonly user: string; readonly group: string } {
  const [user, group] = [uname, gname].map((name) => (name ? name : 'root'))
  for (const name of [user, group]) {
    if (!/^[a-z_][a-z0-9_-]*$/.test(name ?? '')) throw packageError(`it has the owner ${JSON.stringify(name)}`)
  }
  return { user: user ?? 'root', group: group ?? 'root' }
}

function attributes(letter: string, entry: TarEntry | undefined, usual: number): readonly string[] {
  if (entry === undefined) return []
  const mode = (entry.header.mode ?? usual) & PERMISSIONS
  const { user, group } = ownerOf(entry)
  if (mode === usual && user === 'root' && group === 'root') return []
  const [uid, gid] = [user === 'root' ? '0' : `%u{${user}}`, group === 'root' ? '0' : `%g{${group}}`]
  return [`${letter}:${uid}:${gid}:${mode.toString(8)}`]
}

function checksum({ header, content }: TarEntry): string {
  const recorded = (header.pax as Readonly<Record<string, string>> | null | undefined)?.['APK-TOOLS.checksum.SHA1']
  if (recorded !== undefined) return `Q1${Buffer.from(recorded, 'hex').toString('base64')}`
  const bytes = header.type === 'symlink' ? Buffer.from(header.linkname ?? '') : content
  return `Q1${createHash('sha1').update(bytes).digest('base64')}`
}

/** The scripts of installed packages, for later upgrades and removals. */
export async function scriptsTar(packages: readonly PackageFile[], epoch: number): Promise<Buffer> {
  const tar = pack()
  for (const { indexed, scripts } of packages) {
    for (const [phase, content] of scripts) {
      const hash = Buffer.from(indexed.checksum.slice(2), 'base64').toString('hex')
      const name = `${indexed.name}-${indexed.version}.X1${hash}.${phase}`
      tar.entry({ name, mode: 0o755, mtime: new Date(epoch * 1000) }, content)
    }
  }
  tar.finalize()
  return buffer(tar)
}

/** The folders that triggers watch, by package. */
export function triggersFile(packages: readonly PackageFile[]): string {
  const lines = packages.filter(({ triggers }) => triggers.length > 0)
  return lines.map(({ indexed, triggers }) => `${indexed.checksum} ${triggers.join(' ')}\n`).join('')
}
