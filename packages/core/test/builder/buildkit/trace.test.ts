import { expect, test } from 'vitest'
import { decodeTrace } from '../../../src/builder/docker/trace.js'
import { RECORDED_TRACE } from './recorded-trace.js'

test('decodes a vertex that starts, its output and its failure, as an engine sent them', () => {
  const [started] = decodeTrace(RECORDED_TRACE.started).vertexes
  expect(started).toMatchObject({ cached: false, completed: null, error: '' })
  expect(started?.digest).toMatch(/^sha256:[a-f0-9]{64}$/)
  expect(started?.name).toMatch(/^\[2\/2\] RUN printf/)
  expect(started?.started).toMatchObject({ seconds: expect.any(Number), nanos: expect.any(Number) })

  const [log] = decodeTrace(RECORDED_TRACE.log).logs
  expect(log).toMatchObject({ vertex: started?.digest, stream: 1 })
  expect(Buffer.from(log?.data ?? []).toString()).toBe('café 1')

  const [failed] = decodeTrace(RECORDED_TRACE.failed).vertexes
  expect(failed?.completed).not.toBeNull()
  expect(failed?.error).toMatch(/exit code: 4$/)
})

test.each([
  ['no text', { ID: 'sha256:1' }],
  ['no such message', Buffer.from([0x0a, 0xff]).toString('base64')],
])('refuses what is %s', (_, aux) => {
  expect(() => decodeTrace(aux)).toThrow(expect.objectContaining({ code: 'ENGINE_REJECTED' }))
})
