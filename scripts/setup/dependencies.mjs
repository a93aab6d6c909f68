// @ts-check
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './run.mjs'
import { step } from './step.mjs'

/** The repository's root. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Installs what package-lock.json lists, if it has changed since.
 *
 * @public called by `.ci/run`.
 */
export async function installDependencies() {
  const installed = join(ROOT, 'node_modules/.package-lock.json')
  if (modifiedAt(installed) < modifiedAt(join(ROOT, 'package-lock.json'))) {
    await step('installing npm packages', () => npm(['ci', '--no-progress']))
  }
}

/** Installs npm packages and builds the packages of the repository, where they are not up to date. */
export async function ensureDependencies() {
  await installDependencies()
  const stale = stalePackages()
  if (stale.length > 0) await step('building the packages', () => build(stale))
}

/** Folders of the packages that have not been built from their sources as they are now. */
export function stalePackages() {
  return packageFolders().filter(isStale)
}

/**
 * Without types, which take most of the time and are not needed to run: `npm run build` makes them too.
 *
 * @param {readonly string[]} folders of packages
 */
function build(folders) {
  return Promise.all(folders.map((folder) => npm(['run', 'build', '--', '--no-dts'], folder)))
}

/**
 * @param {string[]} args
 * @param {string} folder
 */
function npm(args, folder = ROOT) {
  return run('npm', args, { cwd: folder })
}

function packageFolders() {
  const packages = join(ROOT, 'packages')
  return readdirSync(packages).map((name) => join(packages, name))
}

/** @param {string} folder of a package */
function isStale(folder) {
  const built = modifiedAt(join(folder, 'dist/index.js'))
  const sources = readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' })
  const others = readdirSync(folder).filter((name) => name === 'package.json' || name.endsWith('.ts'))
  const inputs = [...sources.map((name) => join(folder, 'src', name)), ...others.map((name) => join(folder, name))]
  return inputs.some((input) => modifiedAt(input) > built)
}

/**
 * @param {string} path
 * @returns {number} in milliseconds; 0 where there is no such file
 */
function modifiedAt(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0
}
