import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runProgram } from '../support/child.js'
import { Cleanup } from '../support/cleanup.js'
import { tempFolder } from '../support/temp-folder.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const cleanup = new Cleanup()
let packages: readonly string[]
beforeAll(async () => {
  packages = await readdir(join(ROOT, 'packages'))
})
afterAll(() => cleanup[Symbol.asyncDispose]())

interface Manifest {
  readonly name: string
  readonly version: string
  readonly files: readonly string[]
  readonly main?: string
  readonly bin?: string
  readonly exports?: object
  readonly peerDependencies?: Readonly<Record<string, string>>
}

async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest
}

/** All files that a manifest points to. */
function targetsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value.replace(/^\.\//, '')]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(targetsOf) : []
}

it('packs every file that the package.json references, and no tests, source maps or build info', async () => {
  for (const name of packages) {
    const folder = join(ROOT, 'packages', name)
    const { files, main, bin, exports } = await readManifest(folder)
    const { stdout } = await runProgram('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: folder })
    const [packed] = JSON.parse(stdout) as [{ readonly files: readonly { readonly path: string }[] }]
    const paths = packed.files.map(({ path }) => path)
    // Test builds have no type declarations; other tests check them in fully built packages.
    const built = targetsOf({ main, bin, exports }).filter((path) => !/\.d\.c?ts$|\*/.test(path))
    const wanted = [...built, 'package.json', 'README.md', 'LICENSE']
    expect(paths, name).toEqual(expect.arrayContaining(wanted))
    const folders = new Set(paths.filter((path) => path.includes('/')).map((path) => path.split('/')[0]))
    expect(folders, name).toEqual(new Set(files))
    expect(
      paths.filter(
        (path) => /\.map$|(^|\/)(test|src)\/.*\.test\.|\.tsbuildinfo$/.test(path) && !/^templates/.test(path),
      ),
      name,
    ).toEqual([])
  }
})

it('one changeset raises all packages to the same version and writes the changelog', async () => {
  const { path: folder } = cleanup.use(await tempFolder('release'))
  await cp(join(ROOT, '.changeset'), join(folder, '.changeset'), { recursive: true })
  const { workspaces: _all, ...root } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  await writeFile(join(folder, 'package.json'), JSON.stringify({ ...root, workspaces: ['packages/*'] }))
  await writeFile(join(folder, 'package-lock.json'), '{}')
  for (const name of packages) {
    await mkdir(join(folder, 'packages', name), { recursive: true })
    await cp(join(ROOT, 'packages', name, 'package.json'), join(folder, 'packages', name, 'package.json'))
  }
  const before = await Promise.all(packages.map((name) => readManifest(join(ROOT, 'packages', name))))
  const [major, minor] = (before[0]?.version ?? '').split('.').map(Number)
  await writeFile(
    join(folder, '.changeset/words.md'),
    '---\n"@polyarch/plugin-raspbian": minor\n---\n\nMore words for boards.\n',
  )
  await runProgram('git', ['init', '--quiet'], { cwd: folder })
  await runProgram(join(ROOT, 'node_modules/.bin/changeset'), ['version'], { cwd: folder })

  const after = await Promise.all(packages.map((name) => readManifest(join(folder, 'packages', name))))
  expect(new Set(after.map(({ version }) => version))).toEqual(new Set([`${major}.${(minor ?? 0) + 1}.0`]))
  // Plugins depend on the plugin contract, so a new core version changes no peer dependency range.
  expect(after.map(({ peerDependencies }) => peerDependencies)).toEqual(
    before.map(({ peerDependencies }) => peerDependencies),
  )
  const changelog = await readFile(join(folder, 'packages/plugin-raspbian/CHANGELOG.md'), 'utf8')
  expect(changelog).toContain('More words for boards.')
  expect(await readdir(join(folder, '.changeset'))).not.toContain('words.md')
})
