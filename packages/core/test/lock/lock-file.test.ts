import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import type { LockEntry } from '../../src/lock/lock-entry.js'
import { lockPath, readLockFile, writeLockFile } from '../../src/lock/lock-file.js'

const ENTRY: LockEntry = {
  kind: 'rootfs',
  name: '/wurzel-ä.tar',
  platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
  sha256: 'c'.repeat(64),
}

it('is polyarch.lock in the given directory, else in the working directory', () => {
  expect(lockPath('/project')).toBe('/project/polyarch.lock')
  expect(lockPath(undefined)).toBe(join(process.cwd(), 'polyarch.lock'))
})

it('reads back what was written, and replaces the file', async () => {
  await using folder = await tempFolder()
  const file = lockPath(folder.path)
  await writeFile(file, 'x'.repeat(10_000))
  await writeLockFile(file, [ENTRY])
  expect(await readLockFile(file)).toEqual([ENTRY])
  expect(await readFile(file, 'utf8')).toContain('rootfs /wurzel-ä.tar linux/arm/v7')
})

it('is undefined where there is no file', async () => {
  await using folder = await tempFolder()
  expect(await readLockFile(lockPath(folder.path))).toBeUndefined()
})

it('is an error where the file cannot be read', async () => {
  await using folder = await tempFolder()
  const file = lockPath(folder.path)
  await mkdir(file)
  await expect(readLockFile(file)).rejects.toMatchObject({
    code: 'LOCK_INVALID',
    issues: [{ path: file, message: expect.stringContaining('EISDIR') }],
  })
})
