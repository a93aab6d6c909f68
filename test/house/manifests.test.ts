import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT, readText, repositoryFiles } from './repository.js'

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
  readonly dependencies?: Readonly<Record<string, string>>
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

describe.each(published)('$folder', ({ folder, manifest }) => {
  test('is described as npm users expect', () => {
    expect(manifest).toMatchObject({
      name: folder.replace('packages/', '@polyarch/'),
      description: expect.stringMatching(/\.$/),
      license: root.license,
      type: 'module',
      sideEffects: false,
      engines: root.engines,
    })
    expect(manifest.keywords).toContain('multi-arch')
  })

  test('publishes what was built, and nothing else', () => {
    expect(manifest.files).toEqual(['dist'])
  })

  test('has types and code for ESM and CommonJS behind every door', () => {
    for (const [door, target] of Object.entries(manifest.exports ?? {})) {
      if (door === './package.json') continue
      const path = door === '.' ? './dist/index' : `./dist/${door.slice(2)}/index`
      expect(target).toEqual({
        import: { types: `${path}.d.ts`, default: `${path}.js` },
        require: { types: `${path}.d.cts`, default: `${path}.cjs` },
      })
      expect(existsSync(join(ROOT, folder, `${path.replace('./dist', 'src')}.ts`)), `the source of ${door}`).toBe(true)
    }
    expect(Object.keys(manifest.exports ?? {})).toContain('.')
  })

  test('has the version of all the others', () => {
    expect(manifest.version).toBe(published[0]?.manifest.version)
  })
})
