// @ts-check
import { existsSync } from 'node:fs'
import { copyFile, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './run.mjs'
import { withSeparateApt } from './separate-apt.mjs'
import { stateFolder, statePath } from './state-folder.mjs'
import { step } from './step.mjs'

/** The Debian release that has it; the program needs no library but an old enough libc. */
const SUITE = 'sid'

/** The program `oras`, which reads what is attached to images in registries and layouts. */
export function orasPath() {
  return statePath('oras', 'oras')
}

/** Fetches `oras` from Debian's archive, once. */
export async function ensureOras() {
  if (existsSync(orasPath())) return
  await step(`fetching oras of Debian ${SUITE}`, () => withSeparateApt(['amd64'], fetchProgram, SUITE))
}

/** @param {import('./separate-apt.mjs').SeparateApt} apt */
async function fetchProgram({ folder, env }) {
  await run('apt-get', ['--quiet', 'download', 'oras'], { env, cwd: folder })
  const archive = (await readdir(folder)).find((name) => name.endsWith('.deb')) ?? ''
  const root = join(folder, 'root')
  await run('dpkg-deb', ['--extract', join(folder, archive), root])
  // Two steps, so that an interrupted copy is never taken for the whole program.
  const partial = join(stateFolder('oras'), 'oras.partial')
  await copyFile(join(root, 'usr/bin/oras'), partial)
  await rename(partial, orasPath())
}
