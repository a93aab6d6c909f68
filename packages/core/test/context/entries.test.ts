import { chmod, link, mkdir, open, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { ContextTree } from '../../src/context/context-tree.js'
import { type EntryReading, readNodes } from '../../src/context/entries.js'
import { redirectedFiles } from '../../src/context/own-output.js'
import { NO_RULES } from '../../src/context/patterns/ignore-rules.js'
import { selectNodes } from '../../src/context/selection.js'

async function readAll(directory: string, reading: EntryReading) {
  const nodes = await selectNodes(new ContextTree(directory, NO_RULES), 'all')
  await readNodes(directory, nodes, reading)
  return nodes.flatMap(({ read }) => read?.entry ?? [])
}

test('entries are the same whether files are read one after the other or several at a time', async () => {
  await using folder = await tempFolder('entries')
  const { path: directory } = folder
  await mkdir(join(directory, 'a'))
  const names = Array.from({ length: 450 }, (_, at) => `a/${String(at).padStart(3, '0')}`)
  for (const name of names) await writeFile(join(directory, name), name)
  await writeFile(join(directory, 'large'), Buffer.alloc(1024 * 1024 + 1))
  await chmod(join(directory, 'a/000'), 0o755)
  await symlink('a/000', join(directory, 'link'))
  const socket = createServer().listen(join(directory, 'socket'))
  await using _ = { [Symbol.asyncDispose]: async () => void socket.close() }
  const paces: number[] = []
  const isSlow = (files: number) => paces.push(files) > 0
  const several = await readAll(directory, { isSlow })
  const oneByOne = await readAll(directory, { isSlow: () => false })
  expect(paces).toContain(100)
  expect(several).toEqual(oneByOne)
  expect(several.map(({ path }) => path)).toEqual(['a', ...names, 'large', 'link'])
  expect(several[1]).toMatchObject({ kind: 'file', mode: 0o755, size: 5 })
  expect(several.at(-1)).toMatchObject({ kind: 'symlink', target: 'a/000' })
})

test('a file that the output of this process is redirected to is rejected if it is copied, by all of its names', async () => {
  await using folder = await tempFolder('entries')
  await mkdir(join(folder.path, 'logs'))
  await using log = await open(join(folder.path, 'logs/run.log'), 'w')
  await writeFile(join(folder.path, 'other'), '')
  await link(join(folder.path, 'logs/run.log'), join(folder.path, 'same'))
  const written = redirectedFiles([log.fd])
  const tree = () => new ContextTree(folder.path, NO_RULES)
  for (const path of ['logs/run.log', 'same']) {
    await expect(readNodes(folder.path, await selectNodes(tree(), [path]), { written })).rejects.toMatchObject({
      code: 'CONTEXT_UNREADABLE',
      message: `the build copies '${path}', which the output of this command is redirected to`,
      hint: `list it in .dockerignore: ${path}`,
    })
  }
  await readNodes(folder.path, await selectNodes(tree(), ['other']), { written })
  await readNodes(folder.path, await selectNodes(tree(), 'all'), { written: new Set() })
  expect(redirectedFiles([99_999]).size).toBe(0)
})

test.each([true, false])('a file that was removed is reported by its path (several at a time: %s)', async (slow) => {
  await using folder = await tempFolder('entries')
  for (let at = 0; at < 300; at++) await writeFile(join(folder.path, `a${at}`), '')
  await writeFile(join(folder.path, 'gone'), '')
  const nodes = await selectNodes(new ContextTree(folder.path, NO_RULES), 'all')
  await rm(join(folder.path, 'gone'))
  await expect(readNodes(folder.path, nodes, { isSlow: () => slow })).rejects.toMatchObject({
    code: 'CONTEXT_UNREADABLE',
    message: expect.stringContaining('gone'),
  })
})
