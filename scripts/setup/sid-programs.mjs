// @ts-check
import { existsSync } from 'node:fs'
import { copyFile, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './run.mjs'
import { withSeparateApt } from './separate-apt.mjs'
import { stateFolder, statePath } from './state-folder.mjs'
import { step } from './step.mjs'

/** The Debian release that has the programs; they need no library but an old enough libc. */
const SUITE = 'sid'

/** Programs that tests use as peers, each in a package of its name. */
const PROGRAMS = /** @type {const} */ (['cosign', 'oras', 'kubectl'])

/**
 * The path of a program of that release. `npm test` fetches it.
 *
 * @param {typeof PROGRAMS[number]} name
 */
export function sidProgramPath(name) {
  return statePath('sid-programs', name)
}

/** Fetches the programs from Debian's archive, once. */
export async function ensureSidPrograms() {
  const missing = PROGRAMS.filter((name) => !existsSync(sidProgramPath(name)))
  if (missing.length === 0) return
  await step(`fetching ${missing.join(' and ')} of Debian ${SUITE}`, () =>
    withSeparateApt(['amd64'], (apt) => fetchPrograms(missing, apt), SUITE),
  )
}

/**
 * @param {readonly (typeof PROGRAMS[number])[]} names
 * @param {import('./separate-apt.mjs').SeparateApt} apt
 */
async function fetchPrograms(names, { folder, env }) {
  await run('apt-get', ['--quiet', 'download', ...names], { env, cwd: folder })
  const root = join(folder, 'root')
  for (const archive of (await readdir(folder)).filter((name) => name.endsWith('.deb'))) {
    await run('dpkg-deb', ['--extract', join(folder, archive), root])
  }
  for (const name of names) {
    // Two steps, so that an interrupted copy is never taken for the whole program.
    const partial = join(stateFolder('sid-programs'), `${name}.partial`)
    await copyFile(join(root, 'usr/bin', name), partial)
    await rename(partial, sidProgramPath(name))
  }
}
