import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, lstat, mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type TempFolder, tempFolder } from '../../../../test/support/temp-folder.js'
import { makeTempFolder, sweepTempFolders } from '../../src/host/temp-folder.js'
import { createContexts } from '../../src/steps/image/context/contexts.js'

let scratch: TempFolder
beforeEach(async () => {
  scratch = await tempFolder('scratch')
  vi.stubEnv('TMPDIR', scratch.path)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await scratch[Symbol.asyncDispose]()
})

const MODULE = new URL('../../src/host/temp-folder.ts', import.meta.url).href

/** What is in the temporary folder, but for that of tsx. */
async function folders(): Promise<readonly string[]> {
  return (await readdir(scratch.path)).filter((name) => !name.startsWith('tsx-')).sort()
}

/** A process that makes a folder with content, and is killed. */
async function killedProcess(): Promise<string> {
  const script = `
const { makeTempFolder } = await import('${MODULE}')
console.log((await makeTempFolder('context')).path)
setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script])
  const [path] = await once(child.stdout.setEncoding('utf8'), 'data')
  await writeFile(join(String(path).trim(), 'file'), 'content')
  await sweepTempFolders()
  expect(await folders()).toHaveLength(1)
  child.kill('SIGKILL')
  await once(child, 'close')
  return basename(String(path).trim())
}

it('folders of a process are left alone while it runs, and removed once it was killed', async () => {
  await killedProcess()
  await using own = await makeTempFolder('context')
  await sweepTempFolders()
  expect(await folders()).toEqual([basename(own.path)])
})

it('the contexts of a run begin with the removal of what a killed run left', async () => {
  await killedProcess()
  await createContexts({ env: {} })[Symbol.asyncDispose]()
  expect(await folders()).toEqual([])
})

it('a folder is removed although a later process has its pid', async () => {
  const { path } = await makeTempFolder('keys')
  const [prefix, pid, start, random] = /^(.*)-(\d+)-(\w+)-(\w+)$/.exec(basename(path))?.slice(1) ?? []
  expect([pid, start]).toEqual([String(process.pid), expect.stringMatching(/^[0-9a-f]{12}$/)])
  await rename(path, join(scratch.path, `${prefix}-${pid}-${'0'.repeat(12)}-${random}`))
  await sweepTempFolders()
  expect(await folders()).toEqual([])
})

it('leaves what is not certainly the folder of an ended process', async () => {
  const left = await killedProcess()
  await rename(join(scratch.path, left), join(scratch.path, 'target'))
  await symlink(join(scratch.path, 'target'), join(scratch.path, left))
  const otherSystem = left.replace(/-[0-9a-f]{12}-/, `-${'0'.repeat(12)}-`)
  const names = ['polyarch-context-abcdef', otherSystem, `${left}-more`, `x${left}`]
  for (const name of names) await mkdir(join(scratch.path, name))
  await sweepTempFolders()
  expect(await folders()).toEqual([...names, left, 'target'].sort())
  expect(await readdir(join(scratch.path, 'target'))).toEqual(['file'])
})

it('is removed with folders that nobody may read or write', async () => {
  const folder = await makeTempFolder('context')
  await mkdir(join(folder.path, 'closed', 'inner'), { recursive: true })
  await writeFile(join(folder.path, 'closed', 'inner', 'file'), '')
  await chmod(join(folder.path, 'closed', 'inner'), 0)
  await chmod(join(folder.path, 'closed'), 0o500)
  await folder[Symbol.asyncDispose]()
  await expect(lstat(folder.path)).rejects.toThrow('ENOENT')
})
