import { writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { asDiskFull } from '../../src/model/disk-full.js'
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
