import { expect, test } from 'vitest'
import { HostError } from '../../packages/core/src/model/errors.js'
import { expectHarmless } from './harmless.js'

test('accepts a result and an error with a code', async () => {
  expect(await expectHarmless('x', 1, async () => 1)).toBe('done')
  const refusing = () => Promise.reject(new HostError('TOOL_MISSING', 'x'))
  expect(await expectHarmless('x', 1, refusing)).toBe('refused')
})

test('rejects an error without a code and excessive CPU time', async () => {
  await expect(expectHarmless('x', 1, () => Promise.reject(new TypeError('x')))).rejects.toThrow('without a code')
  const computing = async () => {
    const before = process.cpuUsage().user
    while (process.cpuUsage().user - before < 120_000);
  }
  await expect(expectHarmless('x', 1, computing)).rejects.toThrow('milliseconds of processor time')
})
