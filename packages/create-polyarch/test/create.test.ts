import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../../../test/support/cleanup.js'
import { tempFolder } from '../../../test/support/temp-folder.js'
import { definitionGraph } from '../../core/src/operations/runs/definition-graph.js'
import { readChoice, writeProject } from '../src/project.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const templates = join(ROOT, 'packages/create-polyarch/templates')
const cleanup = new Cleanup()
afterAll(() => cleanup[Symbol.asyncDispose]())

async function emptyFolder(): Promise<string> {
  return cleanup.use(await tempFolder('create')).path
}

describe('npm create polyarch', () => {
  it('writes a first build.ts, with a hint next', async () => {
    const directory = await emptyFolder()
    const { files, next } = await writeProject({ template: 'pipeline', folder: 'hello', templates, directory })
    expect(files).toEqual(['hello/.dockerignore', 'hello/Dockerfile', 'hello/build.ts'])
    expect(next).toEqual([
      'cd hello',
      'npm install --save-dev @polyarch/core @polyarch/plugin-debian tsx',
      'npx tsx build.ts plan --registry embedded',
      'npx tsx build.ts --registry embedded',
    ])
    expect(await readFile(join(directory, 'hello/build.ts'), 'utf8')).toContain('registry.example.com/hello')
  })

  it('writes nothing if a file exists', async () => {
    const directory = await emptyFolder()
    await writeFile(join(directory, 'Dockerfile'), 'FROM mine')
    const writing = writeProject({ template: 'pipeline', folder: undefined, templates, directory })
    await expect(writing).rejects.toThrow("'Dockerfile' already exists; nothing was written")
    expect(await readFile(join(directory, 'Dockerfile'), 'utf8')).toBe('FROM mine')
  })
})

describe('the arguments of npm create polyarch', () => {
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
  ])('%j is rejected', (words, message) => expect(() => readChoice(words)).toThrow(message))
})

describe('npm create polyarch plugin', () => {
  it('writes a plugin with the given name in all files', async () => {
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

  it('gives the function another name if that of the plugin is a reserved word', async () => {
    const directory = await emptyFolder()
    await writeProject({ template: 'plugin', folder: 'polyarch-plugin-void', templates, directory })
    const text = await readFile(join(directory, 'polyarch-plugin-void/src/index.ts'), 'utf8')
    expect(text).toContain('export const voidLinux')
    expect(text).toContain('registry.example.com/void')
  })

  it.each([
    ['polyarch-plugin-my-linux', 'polyarch-plugin-my-linux', 'polyarch-plugin-my-linux'],
    ['@team/polyarch-plugin-my-linux', 'polyarch-plugin-my-linux', '@team/polyarch-plugin-my-linux'],
    ['packages/@team/polyarch-plugin-my-linux', 'packages/polyarch-plugin-my-linux', '@team/polyarch-plugin-my-linux'],
    ['packages/my-linux', 'packages/my-linux', 'polyarch-plugin-my-linux'],
  ])('keeps hyphens and scope of %s', async (written, folder, packageName) => {
    const directory = await emptyFolder()
    const { files, next } = await writeProject({ template: 'plugin', folder: written, templates, directory })
    expect(next).toEqual([`cd ${folder}`, 'npm install', 'npm test'])
    expect(files).toContain(`${folder}/test/my-linux.test.ts`)
    const text = await readFile(join(directory, folder, 'src/index.ts'), 'utf8')
    expect(text).toContain("const NAME = 'my-linux'")
    expect(text).toContain('export const myLinux = ()')
    expect(text).toContain(`name: '${packageName}'`)
    expect(JSON.parse(await readFile(join(directory, folder, 'package.json'), 'utf8'))).toMatchObject({
      name: packageName,
    })
  })

  it.each(['My Plugin', '@Team/polyarch-plugin-a', '@team/', 'a_b', 'a--b', '-a'])(
    'refuses %s, which is not a name of a plugin',
    async (name) => {
      const directory = await emptyFolder()
      const writing = writeProject({ template: 'plugin', folder: name, templates, directory })
      await expect(writing).rejects.toThrow(`plugin name '${name}' is not valid`)
    },
  )
})

describe('npm create polyarch monorepo', () => {
  it('writes several pipelines with a base in common, which are a valid definition', async () => {
    const directory = await emptyFolder()
    const { files, next } = await writeProject({ template: 'monorepo', folder: undefined, templates, directory })
    expect(files).toEqual([
      '.dockerignore',
      'build.ts',
      'images.ts',
      'images/api/Dockerfile',
      'images/base/Dockerfile',
      'images/worker/Dockerfile',
      'package.json',
    ])
    expect(next).toEqual([
      'npm install',
      'npx tsx build.ts plan --registry embedded',
      'npx tsx build.ts --registry embedded',
    ])
    const images = join(templates, 'monorepo/images.ts')
    const { base, services } = (await import(images)) as typeof import('../templates/monorepo/images.js')
    const { tags } = definitionGraph(base, ...services)
    expect(tags.map(({ reference }) => reference)).toEqual([
      'registry.example.com/team/base:1.0',
      ...['api', 'worker'].flatMap((name) =>
        ['1.0', 'latest'].map((tag) => `registry.example.com/team/${name}:${tag}`),
      ),
    ])
  })
})
