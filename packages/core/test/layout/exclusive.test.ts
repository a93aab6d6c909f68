import { mkdir, rm, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type TempFolder, tempFolder } from '../../../../test/support/temp-folder.js'
import { exclusively } from '../../src/layout/exclusive.js'

let folder: TempFolder
let lock: string

beforeEach(async () => {
  folder = await tempFolder('exclusive')
  lock = join(folder.path, 'lock.change')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(async () => {
  vi.useRealTimers()
  await folder[Symbol.asyncDispose]()
})

/** Lets the time pass that something takes. */
async function settled<T>(running: Promise<T>): Promise<PromiseSettledResult<T>> {
  let isDone = false
  const [result] = await Promise.all([
    Promise.allSettled([running]).then(([one]) => {
      isDone = true
      return one
    }),
    (async () => {
      while (!isDone) {
        vi.advanceTimersByTime(100)
        await turn()
      }
    })(),
  ])
  return result
}

describe('work that one does at a time', () => {
  test('is rejected if another does not end', async () => {
    await mkdir(lock)
    const later = new Date(Date.now() + 3_600_000)
    await utimes(lock, later, later)
    expect(await settled(exclusively(folder.path, async () => 'done'))).toMatchObject({
      reason: { code: 'DIRECTORY_IN_USE', message: `${folder.path} is being changed by another process` },
    })
  })

  test('fails if another took over in the middle of it, and ends no process', async () => {
    const running = exclusively(folder.path, async () => {
      await rm(lock, { recursive: true })
      // The loss is noticed by a read of the disk, which takes as long as it takes while the clock here runs.
      await new Promise((done) => setTimeout(done, 600_000))
    })
    expect(await settled(running)).toMatchObject({
      reason: { code: 'DIRECTORY_IN_USE', message: `${folder.path} was changed by another process at the same time` },
    })
  })

  test('reports its own failure, and lets the next one in', async () => {
    const failing = exclusively(folder.path, () => Promise.reject(new Error('its own')))
    expect(await settled(failing)).toMatchObject({ reason: { message: 'its own' } })
    expect(await settled(exclusively(folder.path, async () => 'done'))).toMatchObject({ value: 'done' })
  })
})
