import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { readMessages, StreamFailure, type StreamMessage } from '../../../src/builder/docker/message-stream.js'

async function read(text: string): Promise<{ messages: readonly StreamMessage[]; error: unknown }> {
  const messages: StreamMessage[] = []
  const reading = readMessages(Readable.from([Buffer.from(text)]), (message) => messages.push(message))
  const error = await reading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return { messages, error }
}

test.each([
  ['errorDetail', '{"errorDetail":{"message":"no space left"}}\n'],
  ['error alone', '{"error":"no space left"}\n'],
  ['both, without a newline', '{"errorDetail":{"message":"no space left"},"error":"no space left"}'],
])('rejects on %s', async (_, line) => {
  const { error } = await read(line)
  expect(error).toBeInstanceOf(StreamFailure)
  expect(error).toHaveProperty('message', 'no space left')
})

test('yields the messages before and after an error', async () => {
  const { messages, error } = await read('{"id":"1"}\n{"error":"first"}\n{"id":"2"}\n{"error":"second"}\n')
  expect(messages.map(({ id }) => id)).toEqual(['1', undefined, '2', undefined])
  expect(error).toHaveProperty('message', 'first')
})

test.each([
  ['an error that is not text', '{"error":{"a":1}}', '{"a":1}'],
  ['an error detail that is text', '{"errorDetail":"no space left"}', 'no space left'],
  ['an error detail without a message', '{"errorDetail":{"code":5}}', '{"code":5}'],
  ['a message that is not text', '{"errorDetail":{"message":5}}', '5'],
])('rejects on %s', async (_, line, says) => {
  const { error } = await read(`${line}\n`)
  expect(error).toBeInstanceOf(StreamFailure)
  expect(error).toHaveProperty('message', says)
})

test('omits fields of another type', async () => {
  const { messages, error } = await read(
    '{"id":1,"status":{},"aux":"x","progressDetail":{"current":"1","total":-1},"error":null,"errorDetail":null}\n',
  )
  expect(error).toBeUndefined()
  const [message] = messages
  expect(Object.values(message ?? {})).toEqual([undefined, undefined, undefined, undefined, undefined])
})
