// @ts-check
import { existsSync } from 'node:fs'
import { copyFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { run } from './run.mjs'
import { withSeparateApt } from './separate-apt.mjs'
import { stateFolder, statePath } from './state-folder.mjs'
import { step } from './step.mjs'

/**
 * With what they depend on, the smallest base in which packages can be installed, and what lays its /usr out as Debian's
 * images have it.
 */
const PACKAGES =
  'base-files base-passwd coreutils dash debianutils diffutils dpkg grep libc-bin sed usr-is-merged'.split(' ')

/** Of the packages: Debian's word. */
export const ARCHIVE_ARCHITECTURE = 'amd64'

/** Debian packages as their archive has them, and beside them their index, named Packages. */
export function archivePackages() {
  return statePath('archive-packages')
}

/** Fetches the packages that tests make an archive of their own from, once. */
export async function ensureArchivePackages() {
  if (existsSync(archivePackages())) return
  await step('fetching the packages of a small base', () => withSeparateApt([ARCHIVE_ARCHITECTURE], fetchPackages))
}

/** @param {import('./separate-apt.mjs').SeparateApt} apt */
async function fetchPackages({ folder, env }) {
  await run('apt-get', ['--quiet', '--yes', '--download-only', 'install', ...PACKAGES], { env })
  const archives = join(folder, 'cache/archives')
  const files = (await readdir(archives)).filter((name) => name.endsWith('.deb'))
  const names = files.map((file) => file.slice(0, file.indexOf('_')))
  const stanzas = (await run('apt-cache', ['show', '--no-all-versions', ...names], { env })).trim().split('\n\n')
  const draft = stateFolder('archive-packages.partial')
  const index = []
  for (const stanza of stanzas) {
    const name = basename(/^Filename: (.*)$/m.exec(stanza)?.[1] ?? '')
    const file = files.find((one) => withoutEpoch(one) === name)
    if (file === undefined) throw new Error(`apt did not fetch ${name}`)
    await copyFile(join(archives, file), join(draft, name))
    index.push(stanza.replace(/^Filename: .*$/m, `Filename: pool/${name}`))
  }
  await writeFile(join(draft, 'Packages'), `${index.join('\n\n')}\n`)
  // Last, so that what an interrupted run left is not taken for the whole.
  await rm(archivePackages(), { recursive: true, force: true })
  await rename(draft, archivePackages())
}

/**
 * apt keeps epochs in the names of files, archives do not.
 *
 * @param {string} file
 */
function withoutEpoch(file) {
  return file.replace(/_\d+%3a/, '_')
}
