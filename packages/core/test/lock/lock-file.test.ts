import { execFileSync } from 'node:child_process'
import { mkdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import type { LockEntry } from '../../src/lock/lock-entry.js'
import { lockPath, readLockFile, writeLockFile } from '../../src/lock/lock-file.js'
import { LIMITS } from '../../src/model/limits.js'

const ENTRY: LockEntry = {
  kind: 'archive',
  by: 'rootfs',
  name: '/wurzel-ä.tar',
  platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
  state: { sha256: 'c'.repeat(64) },
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

it('is undefined if there is no file', async () => {
  await using folder = await tempFolder()
  expect(await readLockFile(lockPath(folder.path))).toBeUndefined()
})

it.each([
  ['a directory', (file: string) => mkdir(file), 'it is not a file'],
  ['a pipe without a writer', async (file: string) => void execFileSync('mkfifo', [file]), 'it is not a file'],
  ['larger than the limit', (file: string) => largeFile(file, LIMITS.lockFile + 1), 'it is larger than 16777216 bytes'],
  ['a link to itself', (file: string) => symlink(file, file), 'it cannot be read: ELOOP'],
])('fails if the file is %s', async (_what, make, message) => {
  await using folder = await tempFolder()
  const file = lockPath(folder.path)
  await make(file)
  await expect(readLockFile(file)).rejects.toMatchObject({
    code: 'LOCK_INVALID',
    issues: [{ path: file, message: expect.stringContaining(message) }],
  })
})

it('quotes the start of a line that cannot be read', async () => {
  await using folder = await tempFolder()
  const file = lockPath(folder.path)
  await writeFile(file, `polyarch.lock version 1\n${'x'.repeat(1_000_000)}\n`)
  const error = await readLockFile(file).catch((reason: unknown) => reason as Error)
  expect((error as Error).message.length).toBeLessThan(1000)
})

async function largeFile(file: string, size: number): Promise<void> {
  await writeFile(file, '')
  await truncate(file, size)
}
