import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { runProgram } from '../../../test/support/child.js'
import { tempFolder } from '../../../test/support/temp-folder.js'
import { toCommonJs } from '../common-js.js'

const SOURCES = {
  'word.ts': 'export class Word {}\n',
  'late.ts': `import { Word } from './word'\nexport const isWord = (word: object) => word instanceof Word\n`,
  // An ES module that is not bundled.
  'outside.mjs': 'export default "outside"\nexport const name = "named"\n',
  'index.ts': `import outside, { name } from './outside.mjs'
export { Word } from './word'
export const isWord = async (word: object) => (await import('./late')).isWord(word)
export const load = async () => [outside, name, (await import('./outside.mjs')).default]
`,
  'door.ts': `export { Word } from './word'\n`,
}

test('import and require return the same classes from every entry, and dynamic imports work', async () => {
  await using folder = await tempFolder('common-js')
  for (const [name, text] of Object.entries(SOURCES)) await writeFile(join(folder.path, name), text)
  const { metafile } = await build({
    absWorkingDir: folder.path,
    entryPoints: { index: 'index.ts', 'door/index': 'door.ts' },
    bundle: true,
    splitting: true,
    format: 'esm',
    outdir: 'dist',
    external: ['./outside.mjs'],
    metafile: true,
  })
  const dist = join(folder.path, 'dist')
  await writeFile(join(dist, 'outside.mjs'), SOURCES['outside.mjs'])
  await writeFile(join(dist, 'package.json'), '{ "type": "module" }')
  const exported = (name: string) => metafile.outputs[`dist/${name}`]?.exports ?? []
  const names = ['index.js', 'door/index.js']
  await toCommonJs(dist, new Map(names.map((name) => [name, exported(name)])))

  const modules = (await readdir(dist, { recursive: true })).filter((name) => name.endsWith('.js'))
  expect(modules.sort()).toEqual(names.toSorted())
  const script = `
    import { createRequire } from 'node:module'
    import { isWord, load, Word } from './index.js'
    import { Word as ofDoor } from './door/index.js'
    const required = createRequire(process.cwd() + '/x.js')('./index.cjs')
    console.log(Word === ofDoor, Word === required.Word, await isWord(new required.Word()), await isWord({}))
    console.log(...await load())`
  const { stdout } = await runProgram(process.execPath, ['--input-type=module', '--eval', script], { cwd: dist })
  expect(stdout).toBe('true true true false\noutside named outside\n')
})
