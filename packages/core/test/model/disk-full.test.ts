import { writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { asDiskFull, isDiskFull, registryDiskFull } from '../../src/model/disk-full.js'
import { EngineError } from '../../src/model/errors.js'

/** What node reports when a file is written to a full disk. */
async function fullDisk(): Promise<unknown> {
  return await writeFile('/dev/full', 'x').catch((error: unknown) => error)
}

describe('an error of a full disk', () => {
  it('is one of this machine', async () => {
    const error = await fullDisk()
    expect(asDiskFull(error)).toMatchObject({ code: 'DISK_FULL', cause: error })
  })

  it('is found among the causes of another, and keeps its node', async () => {
    const error = new EngineError('CONTEXT_UNREADABLE', 'x', { cause: await fullDisk(), node: 'app image' })
    expect(asDiskFull(error)).toMatchObject({ code: 'DISK_FULL', node: 'app image', cause: error })
  })

  it('is no other error', async () => {
    const missing = await writeFile('/nowhere/x', 'x').catch((error: unknown) => error)
    for (const error of [missing, new EngineError('BUILD_FAILED', 'no space left on device'), 'x', undefined]) {
      expect(asDiskFull(error)).toBe(error)
    }
  })
})

describe('an error of a full disk, beyond the file', () => {
  const coded = (code: string, more: object = {}) => Object.assign(new Error(code), { code, ...more })

  it('names the path if it is known, and counts a used-up quota', () => {
    expect(asDiskFull(coded('EDQUOT', { path: '/cache/x' }))).toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringContaining("'/cache/x'"),
    })
    expect(asDiskFull(coded('ENOSPC'))).toMatchObject({
      message: expect.stringMatching(/no space left on the disk of this machine$/),
    })
    expect(asDiskFull(coded('ENOSPC'))).toMatchObject({ node: undefined })
  })

  it('is found among eight causes, and an endless chain ends', () => {
    const nested = (depth: number): Error =>
      depth === 0 ? coded('ENOSPC') : new Error('around', { cause: nested(depth - 1) })
    expect([0, 7, 8].map((depth) => isDiskFull(nested(depth)))).toEqual([true, true, false])
    const loop = new Error('loop')
    loop.cause = loop
    expect(isDiskFull(loop)).toBe(false)
  })

  it('stays as it is where it is one already', () => {
    const known = registryDiskFull('/registry', 'why')
    expect(asDiskFull(known)).toBe(known)
    expect(known).toMatchObject({
      code: 'DISK_FULL',
      cause: 'why',
      message: expect.stringContaining('/registry'),
      hint: expect.stringContaining('--registry embedded:DIR'),
    })
  })
})
