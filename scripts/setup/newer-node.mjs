// @ts-check
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './run.mjs'
import { stateFolder, statePath } from './state-folder.mjs'
import { step } from './step.mjs'

/** Releases of Node.js that read TypeScript themselves: the current one, and the first of the line before. */
const RELEASES = /** @type {const} */ (['24', '22.18.0'])

/** The package of the executable for this machine. */
const PACKAGE = `node-linux-${process.arch}`

/** @param {typeof RELEASES[number]} release */
function nameOf(release) {
  return release === '24' ? 'newer-node' : `newer-node-${release}`
}

/**
 * The folder of that `node`. `npm test` fetches it.
 *
 * @param {typeof RELEASES[number]} release
 */
export function newerNodeFolder(release = '24') {
  return statePath(nameOf(release), 'node_modules', PACKAGE, 'bin')
}

/** Fetches the executables from the npm registry, once. */
export async function ensureNewerNode() {
  for (const release of RELEASES) await ensureRelease(release)
}

/** @param {typeof RELEASES[number]} release */
async function ensureRelease(release) {
  if (existsSync(join(newerNodeFolder(release), 'node'))) return
  await step(`fetching Node.js ${release}`, async () => {
    const name = nameOf(release)
    const draft = stateFolder(`${name}.partial`)
    const args = ['--prefix', draft, '--no-save', '--no-audit', '--no-fund', '--no-progress']
    await run('npm', ['install', ...args, `${PACKAGE}@${release}`])
    await rm(statePath(name), { recursive: true, force: true })
    await rename(draft, statePath(name))
  })
}
