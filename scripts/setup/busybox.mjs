// @ts-check
import { existsSync } from 'node:fs'
import { copyFile, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './run.mjs'
import { withSeparateApt } from './separate-apt.mjs'
import { stateFolder, statePath } from './state-folder.mjs'
import { step } from './step.mjs'

/** Debian's words for the architectures that tests run images of. */
const ARCHITECTURES = ['amd64', 'armhf', 'arm64']

/**
 * The statically linked busybox of an architecture: an executable that needs no other file of an image.
 *
 * @param {string} architecture Debian's word
 */
export function busyboxPath(architecture) {
  return statePath('busybox', architecture)
}

/** Fetches the busybox of every architecture from Debian's archive, once. */
export async function ensureBusybox() {
  if (ARCHITECTURES.every((architecture) => existsSync(busyboxPath(architecture)))) return
  await step('fetching a static busybox of each architecture', fetchAll)
}

function fetchAll() {
  return withSeparateApt(ARCHITECTURES, async ({ folder, env }) => {
    const names = ARCHITECTURES.map((architecture) => `busybox-static:${architecture}`)
    await run('apt-get', ['--quiet', 'download', ...names], { env, cwd: folder })
    for (const archive of (await readdir(folder)).filter((name) => name.endsWith('.deb'))) await unpack(folder, archive)
  })
}

/**
 * @param {string} folder
 * @param {string} archive `busybox-static_VERSION_ARCHITECTURE.deb`
 */
async function unpack(folder, archive) {
  const architecture = archive.slice(archive.lastIndexOf('_') + 1, -'.deb'.length)
  const root = join(folder, architecture)
  await run('dpkg-deb', ['--extract', join(folder, archive), root])
  // Two steps, so that an interrupted copy is never taken for the whole program.
  const partial = join(stateFolder('busybox'), `${architecture}.partial`)
  await copyFile(join(root, 'bin/busybox'), partial)
  await rename(partial, busyboxPath(architecture))
}
