import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root folder. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** What is made from the repository and not kept in it, as in .gitignore. */
const MADE = /^(\.git|coverage|docs\/(api|site)|(.*\/)?(node_modules|dist))$/

/** Paths, from the root, of all files of the repository that match. Needs no git, so that it works in any copy. */
export function repositoryFiles(pattern: RegExp, folder = ''): readonly string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) return MADE.test(path) ? [] : repositoryFiles(pattern, path)
    return entry.isFile() && pattern.test(path) ? [path] : []
  })
}

/** The text of a file, its path from the root. */
export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** TypeScript of the packages that is published. */
export const SOURCES = /^packages\/[^/]+\/src\/.*\.ts$/

/** All code of the repository. */
export const CODE = /\.(ts|mts|mjs)$/

/** Folders of the public entries that are not named like them, by entry. */
const ENTRY_FOLDERS: Readonly<Record<string, string>> = {
  './builders': 'src/operations/builders',
  './buildkit': 'src/builder/buildkit',
  './images': 'src/operations/images',
  './plugin': 'src/definition/plugin',
}

/** The source folder of a public entry such as `./buildkit`, from the package's folder. */
export function doorSource(door: string): string {
  return ENTRY_FOLDERS[door] ?? `src/${door.slice(2)}`
}
