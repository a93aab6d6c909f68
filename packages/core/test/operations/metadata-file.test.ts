import { lstat, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runProgram } from '../../../../test/support/child.js'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { checkMetadataFile, writeMetadata } from '../../src/operations/runs/metadata-file.js'
import { createRegistry } from '../../src/registry/client.js'

const cleanup = new Cleanup()
let folder: string

beforeAll(async () => {
  folder = cleanup.use(await tempFolder('metadata')).path
})
afterAll(() => cleanup[Symbol.asyncDispose]())

async function write(path: string): Promise<void> {
  await using registry = createRegistry()
  await checkMetadataFile(path)
  await writeMetadata(path, { nodes: [], names: [], results: new Map() }, registry, {})
}

it('replaces a file', async () => {
  const file = join(folder, 'file.json')
  await writeFile(file, 'former')
  await write(file)
  expect(await readFile(file, 'utf8')).toBe('{}\n')
})

it('writes into a pipe, and does not replace it', async () => {
  const pipe = join(folder, 'pipe')
  await runProgram('mkfifo', [pipe])
  const [text] = await Promise.all([readFile(pipe, 'utf8'), write(pipe)])
  expect(text).toBe('{}\n')
  expect((await lstat(pipe)).isFIFO()).toBe(true)
})

it.each([
  ['a directory', 'directory', 'is a directory'],
  ['a file in no directory', 'none/file.json', 'cannot be written'],
])('rejects %s before anything is built', async (_what, name, message) => {
  await mkdir(join(folder, 'directory'), { recursive: true })
  await expect(checkMetadataFile(join(folder, name))).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining(message),
    hint: expect.stringContaining('writable directory'),
  })
})
