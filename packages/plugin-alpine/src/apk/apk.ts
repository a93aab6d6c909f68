import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { DefinitionError, HostError } from '@polyarch/core'
import type {
  FoundArchive,
  PublishedVerdict,
  RootfsCall,
  RootfsImplementation,
  UsedArchive,
} from '@polyarch/core/plugin'
import { download, downloadIfThere, makeRoot, makeTempFolder } from '@polyarch/core/rootfs'
import pLimit from 'p-limit'
import { APK_SCRIPT } from './apk-script.js'
import { type ApkSource, describeApkSource, publicKeys } from './apk-source.js'
import { installedDatabase, ownerOf, pathOf, scriptsTar, triggersFile } from './database.js'
import { PackageError } from './package-error.js'
import { type PackageFile, readPackage } from './package-file.js'
import { type IndexedPackage, readIndex } from './package-index.js'
import { selectPackages } from './selection.js'

/** Downloads at a time: packages are small, and mirrors limit connections. */
const DOWNLOADS = 8

/** Makes bases from an archive of apk packages. */
export const apkImplementation: RootfsImplementation<ApkSource> = {
  prepare: async (source) => void (await readKeys(source)),
  read: async (source, call) => (await readArchive(source, call)).found,
  make: installPackages,
  checkPublished,
}

/** The verified indexes of all repositories, and the state of the archive. */
async function readArchive(source: ApkSource, { signal }: RootfsCall) {
  const keys = await readKeys(source)
  const indexes = await Promise.all(
    source.repositories.map(async (repository) => {
      const folder = folderUrl(source, repository)
      const bytes = await buffer(await download(`${folder}/APKINDEX.tar.gz`, signal))
      const packages = await usable(`${folder}/APKINDEX.tar.gz`, source, () => readIndex(bytes, folder, keys))
      const name = `${repository}/${source.architecture}/APKINDEX.tar.gz`
      return { packages, state: [name, createHash('sha256').update(bytes).digest('hex')] as const }
    }),
  )
  const packages = indexes.flatMap((index) => index.packages)
  const date = packages.reduce((newest, { built }) => Math.max(newest, built), 0)
  const state = { date: String(date), ...Object.fromEntries(indexes.map((index) => index.state)) }
  const found: FoundArchive = { mirror: source.mirror, state }
  return { found, packages }
}

function folderUrl(source: ApkSource, repository: string): string {
  return `${branchUrl(source)}/${repository}/${source.architecture}`
}

function branchUrl({ mirror, branch }: ApkSource): string {
  return `${mirror.replace(/(?<!\/)\/+$/, '')}/${branch}`
}

/** Converts an invalid file of the archive to an error that names the file. */
async function usable<Result>(url: string, source: ApkSource, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof PackageError)) throw error
    const trusted = source.keyring ?? Object.keys(source.keys ?? {}).join(', ')
    throw new HostError('ROOTFS_FAILED', `${url} cannot be used: ${error.message}`, {
      hint: `check the mirror, and that a trusted key signs its indexes: ${trusted}`,
    })
  }
}

async function installPackages<Result>(
  source: ApkSource,
  { state, epoch }: UsedArchive,
  call: RootfsCall,
  store: (tar: Readable) => Promise<Result>,
): Promise<Result> {
  const { found, packages } = await readArchive(source, call)
  const changed = Object.keys(state).find((name) => state[name] !== found.state[name])
  if (changed !== undefined) {
    throw new HostError('ROOTFS_FAILED', `${changed} of ${source.mirror} changed during the run`, { hint: 'run again' })
  }
  const what = describeApkSource(source)
  const selected = await usable(what, source, async () => selectPackages(packages, source.packages))
  call.onEvent?.({ kind: 'rootfs-progress', phase: `downloading ${selected.length} packages` })
  const limit = pLimit(DOWNLOADS)
  const files = await Promise.all(selected.map((one) => limit(() => readFrom(one, source, call))))
  await using folder = await makeTempFolder('keys')
  await usable(what, source, () => writeParts(folder.path, files, source, epoch))
  return await makeRoot(
    {
      script: APK_SCRIPT,
      parameters: [folder.path],
      epoch,
      env: call.env,
      signal: call.signal,
      onLine: (line) => {
        if (line.startsWith('installing ')) call.onEvent?.({ kind: 'rootfs-progress', phase: line })
      },
      failure: (lines) =>
        new HostError('ROOTFS_FAILED', `the packages of ${what} could not be installed:\n${lines}`, {
          hint: 'check the package names; the last lines are of the script of a package',
        }),
    },
    store,
  )
}

async function readFrom(one: IndexedPackage, source: ApkSource, { signal }: RootfsCall): Promise<PackageFile> {
  const url = `${one.folder}/${one.name}-${one.version}.apk`
  const bytes = await buffer(await download(url, signal))
  return usable(url, source, () => readPackage(bytes, one))
}

/** Writes the parts of packages and of the database, under the names that the script uses. */
async function writeParts(
  folder: string,
  packages: readonly PackageFile[],
  source: ApkSource,
  epoch: number,
): Promise<void> {
  const write = (name: string, content: string | Buffer) => writeFile(join(folder, name), content)
  for (const [at, { data, scripts, files }] of packages.entries()) {
    await write(`${at}.data`, data)
    await write(`${at}.owners`, files.map(ownerLine).join(''))
    for (const [phase, content] of scripts) await write(`${at}.${phase}`, content)
  }
  await write('packages', packages.map(({ indexed }, at) => `${at} ${indexed.name} ${indexed.version}\n`).join(''))
  const triggered = packages.flatMap(({ triggers }, at) =>
    triggers.length > 0 ? [`${at} ${triggers.join(' ')}\n`] : [],
  )
  await write('triggered', triggered.join(''))
  await write('installed', installedDatabase(packages))
  await write('scripts.tar', await scriptsTar(packages, epoch))
  await write('triggers', triggersFile(packages))
  await write(
    'world',
    [...source.packages]
      .sort()
      .map((name) => `${name}\n`)
      .join(''),
  )
  const branch = branchUrl(source)
  await write('repositories', source.repositories.map((name) => `${branch}/${name}\n`).join(''))
  await write('arch', `${source.architecture}\n`)
}

/** Files of other owners than root, whose numbers the package does not know. */
function ownerLine(file: PackageFile['files'][number]): string {
  const { user, group } = ownerOf(file)
  if (user === 'root' && group === 'root') return ''
  return `${user} ${group} ${((file.header.mode ?? 0o644) & 0o7777).toString(8)} ${pathOf(file)}\n`
}

/** @throws DefinitionError */
async function readKeys(source: ApkSource): Promise<readonly string[]> {
  const { keyring, keys = {} } = source
  if (keyring === undefined) return Object.values(keys)
  try {
    const found = publicKeys(await readFile(keyring, 'utf8'))
    if (found.length > 0) return found
  } catch {
    throw wrongKeyring(source, `${keyring} cannot be read`)
  }
  throw wrongKeyring(source, `${keyring} has no public key in PEM`)
}

function wrongKeyring(source: ApkSource, message: string): DefinitionError {
  const hint = 'set the option keyring to a file with one or several public keys in PEM'
  return new DefinitionError([{ path: `apk base ${describeApkSource(source)}`, message, hint }])
}

async function checkPublished(source: ApkSource, { signal }: RootfsCall): Promise<PublishedVerdict> {
  for (const repository of source.repositories) {
    const url = `${folderUrl(source, repository)}/APKINDEX.tar.gz`
    const index = await downloadIfThere(url, signal)
    if (index === undefined) return { state: 'wrong', message: `${url} does not exist` }
    index.destroy()
  }
  return { state: 'true' }
}
