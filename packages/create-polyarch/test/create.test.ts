import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../../../test/support/cleanup.js'
import { tempFolder } from '../../../test/support/temp-folder.js'
import { readChoice, writeProject } from '../src/project.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const templates = join(ROOT, 'packages/create-polyarch/templates')
const cleanup = new Cleanup()
afterAll(() => cleanup[Symbol.asyncDispose]())

async function emptyFolder(): Promise<string> {
  return cleanup.use(await tempFolder('create')).path
}

describe('npm create polyarch', () => {
  it('writes a first build.ts, and says what to do next', async () => {
    const directory = await emptyFolder()
    const { files, next } = await writeProject({ template: 'pipeline', folder: 'hello', templates, directory })
    expect(files).toEqual(['hello/.dockerignore', 'hello/Dockerfile', 'hello/build.ts'])
    expect(next[0]).toBe('cd hello')
    expect(await readFile(join(directory, 'hello/build.ts'), 'utf8')).toContain('registry.example.com/hello')
  })

  it('writes nothing where a file is in the way', async () => {
    const directory = await emptyFolder()
    await writeFile(join(directory, 'Dockerfile'), 'FROM mine')
    const writing = writeProject({ template: 'pipeline', folder: undefined, templates, directory })
    await expect(writing).rejects.toThrow("'Dockerfile' already exists; nothing was written")
    expect(await readFile(join(directory, 'Dockerfile'), 'utf8')).toBe('FROM mine')
  })
})

describe('what npm create polyarch is told', () => {
  it.each([
    [[], 'pipeline', undefined],
    [['hello'], 'pipeline', 'hello'],
    [['pipeline', 'hello'], 'pipeline', 'hello'],
    [['plugin'], 'plugin', undefined],
    [['plugin', 'polyarch-plugin-fedora'], 'plugin', 'polyarch-plugin-fedora'],
  ])('%j', (words, template, folder) => expect(readChoice(words)).toEqual({ template, folder }))

  it.each([
    [['plguin', 'polyarch-plugin-fedora'], "template 'plguin' does not exist"],
    [['plugin', 'polyarch-plugin-fedora', 'more'], "more than one folder: 'more'"],
  ])('%j is refused', (words, message) => expect(() => readChoice(words)).toThrow(message))
})

describe('npm create polyarch plugin', () => {
  it('writes a plugin, named as it is asked for, everywhere', async () => {
    const directory = await emptyFolder()
    const folder = 'polyarch-plugin-fedora'
    const { files } = await writeProject({ template: 'plugin', folder, templates, directory })
    expect(files).toContain('polyarch-plugin-fedora/test/fedora.test.ts')
    const text = await readFile(join(directory, folder, 'src/index.ts'), 'utf8')
    expect(text).toContain('export const fedora')
    expect(text).toContain('registry.example.com/fedora')
    expect(await readFile(join(directory, folder, 'package.json'), 'utf8')).toContain(
      '"name": "polyarch-plugin-fedora"',
    )
  })

  it('refuses a name that is not one of a plugin', async () => {
    const directory = await emptyFolder()
    const writing = writeProject({ template: 'plugin', folder: 'My Plugin', templates, directory })
    await expect(writing).rejects.toThrow("plugin name 'My Plugin' is not valid")
  })
})
