import { expect, test } from 'vitest'
import { buildStatus } from '../../../src/builder/buildkit/status.js'
import { RECORDED_STATUS } from './recorded-status.js'

const decodeRecorded = (text: string) => buildStatus.decode(Buffer.from(text, 'base64'))

test('decodes a vertex that starts, its output and its failure, as an engine sent them', () => {
  const [started] = decodeRecorded(RECORDED_STATUS.started).vertexes
  expect(started).toMatchObject({ cached: false, completed: null, error: '' })
  expect(started?.digest).toMatch(/^sha256:[a-f0-9]{64}$/)
  expect(started?.name).toMatch(/^\[2\/2\] RUN printf/)
  expect(started?.started).toMatchObject({ seconds: expect.any(Number), nanos: expect.any(Number) })

  const [log] = decodeRecorded(RECORDED_STATUS.log).logs
  expect(log).toMatchObject({ vertex: started?.digest, stream: 1 })
  expect(Buffer.from(log?.data ?? []).toString()).toBe('café 1')

  const [failed] = decodeRecorded(RECORDED_STATUS.failed).vertexes
  expect(failed?.completed).not.toBeNull()
  expect(failed?.error).toMatch(/exit code: 4$/)
})

test('rejects an invalid message', () => {
  expect(() => buildStatus.decode(Buffer.from([0x0a, 0xff]))).toThrow()
})
