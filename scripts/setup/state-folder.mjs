// @ts-check
import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * A path in the one folder of everything that the two commands keep on this machine outside the repository: the
 * engine that they started, and what tests need and takes long to make. Removing it, the engine stopped, undoes them.
 *
 * @param {string[]} parts
 */
export function statePath(...parts) {
  const own = process.getuid?.() === 0 ? '/var/lib' : (process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'))
  return join(own, 'polyarch-dev', ...parts)
}

/**
 * The same for a folder, which is made where it is not there yet.
 *
 * @param {string[]} parts
 */
export function stateFolder(...parts) {
  const folder = statePath(...parts)
  mkdirSync(folder, { recursive: true })
  return folder
}
