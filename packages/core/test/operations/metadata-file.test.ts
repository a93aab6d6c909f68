import { chmod, lstat, mkdir, readFile, writeFile } from 'node:fs/promises'
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

it('accepts a pipe in a directory that cannot be written', async () => {
  const directory = join(folder, 'closed')
  await mkdir(directory)
  await runProgram('mkfifo', ['-m', '666', join(directory, 'pipe')])
  for (const path of [folder, directory]) await chmod(path, 0o555)
  const module = new URL('../../src/operations/runs/metadata-file.ts', import.meta.url).href
  const check = `const { checkMetadataFile } = await import('${module}'); await checkMetadataFile('${directory}/pipe')`
  const node = [process.execPath, '--import', 'tsx', '--input-type=module', '--eval', check]
  // Root may write everywhere.
  const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
  const [program = '', ...args] = [...(process.getuid?.() === 0 ? asNobody : []), ...node]
  try {
    await runProgram(program, args)
  } finally {
    for (const path of [folder, directory]) await chmod(path, 0o755)
  }
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
