import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT, readText } from './repository.js'

const CORE = 'packages/core/src'

/** Sub-folders of a folder of the core, by name. */
function foldersOf(path: string): readonly string[] {
  const entries = readdirSync(join(ROOT, CORE, path), { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}

/** The rows of "Where to find things": folders, and the text on them. */
const ROWS = [...readText('docs/inside.md').matchAll(/^\| ((?:`[\w-]+\/`(?:, )?)+) \| (.*) \|$/gm)].map(
  ([, names = '', text = '']) => ({ folders: names.match(/[\w-]+(?=\/)/g) ?? [], text }),
)

/** Files and folders of the core that a page names in backticks, such as `plan/evaluate.ts`. */
function pathsIn(page: string): readonly string[] {
  const tops = foldersOf('').join('|')
  const prose = readText(page).replace(/^```.*?^```$/gms, '')
  return [...prose.matchAll(new RegExp(`\`((?:${tops})/[\\w./-]*)\``, 'g'))].map(([, path = '']) => path)
}

describe('docs/inside.md', () => {
  test('has a row for each folder of the core', () => {
    expect(ROWS.flatMap(({ folders }) => folders).sort()).toEqual([...foldersOf('')].sort())
  })

  test('names the sub-folders of each folder', () => {
    const missing = ROWS.flatMap(({ folders, text }) =>
      folders.flatMap((folder) =>
        foldersOf(folder)
          .filter((name) => !text.includes(`\`${name}/\``))
          .map((name) => `${folder}/${name}`),
      ),
    )
    // Entries of their own, whose parts need no guide.
    expect(missing.filter((name) => !name.startsWith('registry-server/'))).toEqual([])
  })

  test('names the folder of each public entry', () => {
    const { exports } = JSON.parse(readText('packages/core/package.json')) as { readonly exports: object }
    const entries = Object.keys(exports).filter((name) => !/schemas|package\.json/.test(name) && name !== '.')
    const text = /^The public entries are [^\n]*\n[^\n]*$/m.exec(readText('docs/inside.md'))?.[0] ?? ''
    expect(entries.length).toBeGreaterThan(5)
    expect(entries.filter((name) => !text.includes(`${name.slice(2)}/`))).toEqual([])
  })
})

test.each(['docs/inside.md', 'docs/design.md'])('%s names files and folders that exist', (page) => {
  const paths = pathsIn(page)
  expect(paths.length).toBeGreaterThan(10)
  expect(paths.filter((path) => !existsSync(join(ROOT, CORE, path)))).toEqual([])
})

test('docs/design.md lists the folders of the core in import order', () => {
  const tree = /```text\npackages\/core\/src\/.*?^```$/ms.exec(readText('docs/design.md'))?.[0] ?? ''
  const named = [...tree.matchAll(/^ {2}([\w-]+)\/(?: |$)/gm)].map(([, name = '']) => name)
  expect([...named].sort()).toEqual([...foldersOf('')].sort())
})
