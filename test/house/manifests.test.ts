import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { doorSource, ROOT, readText, repositoryFiles } from './repository.js'

/** The part of package.json that is looked at here. */
interface PackageManifest {
  readonly name: string
  readonly version: string
  readonly description?: string
  readonly license?: string
  readonly keywords?: readonly string[]
  readonly type?: string
  readonly sideEffects?: boolean
  readonly engines?: { readonly node?: string }
  readonly files?: readonly string[]
  readonly exports?: Readonly<Record<string, string | Readonly<Record<'import' | 'require', Door>>>>
  readonly main?: string
  readonly types?: string
  readonly typesVersions?: Readonly<Record<'*', Readonly<Record<string, readonly string[]>>>>
  readonly bin?: string | Readonly<Record<string, string>>
  readonly publishConfig?: unknown
  readonly repository?: unknown
  readonly homepage?: string
  readonly bugs?: unknown
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

interface Door {
  readonly types: string
  readonly default: string
}

const published = repositoryFiles(/^packages\/[^/]+\/package\.json$/).map((path) => ({
  folder: dirname(path),
  manifest: JSON.parse(readText(path)) as PackageManifest,
}))
const root = JSON.parse(readText('package.json')) as PackageManifest

/** Where issues are reported and READMEs link to. */
const REPOSITORY = 'https://github.com/polyarch/polyarch'

/** Templates are copied and schemas are made from types: neither is built. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  'packages/core': ['schemas'],
  'packages/create-polyarch': ['templates'],
}

/** `npm create polyarch` asks for a package of that very name. */
function nameOf(folder: string): string {
  const name = folder.replace('packages/', '')
  return name.startsWith('create-') ? name : `@polyarch/${name}`
}

describe.each(published)('$folder', ({ folder, manifest }) => {
  test('is described as npm users expect', () => {
    expect(manifest).toMatchObject({
      name: nameOf(folder),
      description: expect.stringMatching(/\.$/),
      license: root.license,
      type: 'module',
      sideEffects: false,
      engines: root.engines,
    })
    expect(manifest.keywords).toContain('multi-arch')
  })

  test('names its repository, home page and issues', () => {
    expect(manifest).toMatchObject({
      repository: { type: 'git', url: `git+${REPOSITORY}.git`, directory: folder },
      homepage: `${REPOSITORY}/tree/main/${folder}#readme`,
      bugs: { url: `${REPOSITORY}/issues` },
    })
  })

  test('has links in its README that work on npm, and lead to files', () => {
    const links = [...readText(`${folder}/README.md`).matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link)
    for (const link of links) {
      expect(link).toMatch(/^https:/)
      const [, path] = link.split(`${REPOSITORY}/blob/main/`)
      if (path !== undefined) expect(existsSync(join(ROOT, path.replace(/#.*/, ''))), link).toBe(true)
    }
  })

  test('publishes what was built, and nothing else', () => {
    expect(manifest.files).toEqual(['dist', ...(BESIDE[folder] ?? [])])
    for (const file of ['README.md', 'LICENSE']) expect(existsSync(join(ROOT, folder, file)), file).toBe(true)
  })

  test('is built before it is packed, and published for all with its provenance', () => {
    expect(manifest.scripts?.['prepack']).toBe('npm run build')
    expect(manifest.publishConfig).toEqual({ access: 'public', provenance: true })
  })

  test('has the core as a peer if it is a plugin: a pipeline has one core', () => {
    const isPlugin = folder.startsWith('packages/plugin-')
    expect('@polyarch/core' in (manifest.peerDependencies ?? {})).toBe(isPlugin)
    // The command is released with the core, and calls what only that version has.
    const core = folder === 'packages/cli' ? manifest.version : undefined
    expect(manifest.dependencies?.['@polyarch/core']).toBe(core)
  })

  test('has types and code for ESM and CommonJS behind every door', () => {
    for (const [door, target] of Object.entries(manifest.exports ?? {})) {
      if (door.endsWith('.json')) continue
      const path = door === '.' ? './dist/index' : `./dist/${door.slice(2)}/index`
      expect(target).toEqual({
        import: { types: `${path}.d.ts`, default: `${path}.js` },
        require: { types: `${path}.d.cts`, default: `${path}.cjs` },
      })
      const source = door === '.' ? 'src/index' : `${doorSource(door)}/index`
      expect(existsSync(join(ROOT, folder, `${source}.ts`)), `the source of ${door}`).toBe(true)
    }
    const inner = Object.keys(manifest.exports ?? {}).filter((door) => door !== '.' && !door.endsWith('.json'))
    // For resolvers that do not read `exports`.
    expect(Object.keys(manifest.typesVersions?.['*'] ?? {})).toEqual(inner.map((door) => door.slice(2)))
    // A program for the command line is not imported.
    if (manifest.bin === undefined)
      expect(manifest).toMatchObject({ main: './dist/index.cjs', types: './dist/index.d.cts' })
    expect('.' in (manifest.exports ?? {})).toBe(manifest.bin === undefined)
  })

  test('has the version of all the others', () => {
    expect(manifest.version).toBe(published[0]?.manifest.version)
  })
})
