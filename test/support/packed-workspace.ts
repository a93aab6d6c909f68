import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

/**
 * Builds packages with their types, away from the work tree, whose builds other tests run; then packs them as `npm
 * publish` would.
 *
 * @param folders of packages, in the order in which they are built
 * @returns the tarballs, by the folder's name
 */
export async function packPackages(
  directory: string,
  folders: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  await linkModules(directory)
  await cp(join(ROOT, 'tsconfig.json'), join(directory, 'tsconfig.json'))
  const packed: Record<string, string> = {}
  for (const folder of folders) {
    const copy = join(directory, folder)
    const skipped = new Set(['dist', 'test', 'node_modules'].map((name) => join(ROOT, folder, name)))
    await cp(join(ROOT, folder), copy, { recursive: true, filter: (source) => !skipped.has(source) })
    if (folder === 'packages/core') await symlink(copy, join(directory, 'node_modules/@polyarch/core'))
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', directory], {
      cwd: copy,
      env: { ...process.env, PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH']}` },
    })
    // What the build prints comes before it.
    const [{ filename = '' } = {}] = JSON.parse(stdout.slice(stdout.search(/^\[\s*\{/m))) as { filename?: string }[]
    packed[folder] = join(directory, filename)
  }
  return packed
}

/** All that is installed, without what is made from the work tree. */
async function linkModules(directory: string): Promise<void> {
  const installed = join(ROOT, 'node_modules')
  await mkdir(join(directory, 'node_modules/@polyarch'), { recursive: true })
  for (const name of await readdir(installed)) {
    if (name.startsWith('.') || name === '@polyarch') continue
    await symlink(join(installed, name), join(directory, 'node_modules', name))
  }
}
