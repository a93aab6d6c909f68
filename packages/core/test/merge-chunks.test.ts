import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { runProgram } from '../../../test/support/child.js'
import { tempFolder } from '../../../test/support/temp-folder.js'
import { mergeChunks } from '../merge-chunks.js'

/** Two modules export `name`, so that esbuild writes two chunks that export the same name. */
const SOURCES = {
  'word.ts': 'export class Word {}\nexport const name = "word"\n',
  'verb.ts': 'import { Word } from "./word"\nexport class Verb extends Word {}\nexport const tense = "now"\n',
  'noun.ts': 'import { Word } from "./word"\nexport class Noun extends Word {}\nexport const name = "noun"\n',
  'other.ts': 'import { Verb } from "./verb"\nexport const other = () => Verb.name\n',
  'main.ts': `import { name, Noun } from './noun'
import { Verb } from './verb'
import { Word, name as wordName } from './word'
export const main = (word: Word) => [word instanceof Word, new Noun() instanceof Word, new Verb() instanceof Word, name, wordName]
`,
  'index.ts': `import { Word } from './word'
export { tense } from './verb'
export const run = async () => console.log(JSON.stringify((await import('./main')).main(new Word())))
export const late = async () => console.log((await import('./other')).other(), (await import('./noun')).name)
`,
  'door.ts': `export { Word } from './word'\n`,
}

/** Builds the sources with esbuild, and returns the output folder. */
async function buildSources(folder: string): Promise<string> {
  const dist = join(folder, 'dist')
  for (const [name, text] of Object.entries(SOURCES)) await writeFile(join(folder, name), text)
  await build({
    absWorkingDir: folder,
    entryPoints: { index: 'index.ts', 'door/index': 'door.ts' },
    bundle: true,
    splitting: true,
    format: 'esm',
    outdir: 'dist',
  })
  await writeFile(join(dist, 'package.json'), '{ "type": "module" }')
  return dist
}

test('fails if two modules of one file export the same name', async () => {
  await using folder = await tempFolder('merge-chunks')
  const dist = await buildSources(folder.path)
  const groups = [{ file: 'all.js', entries: ['index.js', 'main-', 'other-', 'noun-'] }]
  await expect(mergeChunks({ folder: dist, groups, kept: ['index.js'], doors: [] })).rejects.toThrow(
    "two modules of all.js export 'name': rename one of them",
  )
})

test('merges chunks, and redirects the imports in other files to the merged ones', async () => {
  await using folder = await tempFolder('merge-chunks')
  const dist = await buildSources(folder.path)
  const before = await readdir(dist)
  const groups = [
    { file: 'shared.js', entries: [] },
    { file: 'core.js', entries: ['index.js'] },
    { file: 'main.js', entries: ['main-', 'other-'] },
  ]
  await mergeChunks({ folder: dist, groups, kept: ['index.js'], doors: ['door/index.js'] })
  const after = await readdir(dist)
  expect(after).toEqual(expect.arrayContaining(['index.js', 'shared.js', 'core.js', 'main.js']))
  expect(after.filter((name) => before.includes(name) && /^(main|chunk)-/.test(name))).toEqual([])
  const script = `
    import { late, run, tense } from './index.js'
    import { Word } from './door/index.js'
    await run()
    await late()
    console.log(tense, Word.name)`
  const { stdout } = await runProgram(process.execPath, ['--input-type=module', '--eval', script], { cwd: dist })
  expect(stdout).toBe('[true,true,true,"noun","word"]\nVerb noun\nnow Word\n')
})
