import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Cleanup } from '../../../../../test/support/cleanup.js'
import { tempFolder } from '../../../../../test/support/temp-folder.js'
import { layoutStore, writableLayoutStore } from '../../../src/builder/build/layout-store.js'
import type { Decoded } from '../../../src/builder/buildkit/grpc/messages.js'
import { WriteAction, type write } from '../../../src/builder/buildkit/session/content/content-schema.js'
import { contentService } from '../../../src/builder/buildkit/session/content/content-service.js'
import { contentPath } from '../../../src/layout/layout-format.js'
import { digestOf } from '../../../src/model/digest.js'
import { type ServedSession, serveSession } from './session-server.js'

const MISSING = digestOf('missing')

const cleanup = new Cleanup()
let directory: string
let session: ServedSession

beforeAll(async () => {
  directory = cleanup.use(await tempFolder('content')).path
  const stores = { 'local:cache': writableLayoutStore(directory), layout: layoutStore(directory) }
  session = await serveSession(contentService(new Map(Object.entries(stores))))
})
afterAll(async () => {
  session[Symbol.dispose]()
  await cleanup[Symbol.asyncDispose]()
})

function call<Answer>(method: string, messages: readonly object[], store = 'local:cache'): Promise<Answer[]> {
  return session.call<Answer>(method, messages, { 'buildkit-attachable-store-id': store })
}

/** The messages that a builder writes content with, in two parts. */
function writeOf(content: Buffer, expected: string = digestOf(content), total = content.byteLength): readonly object[] {
  const middle = content.byteLength >> 1
  return [
    { action: WriteAction.stat, ref: 'a', expected, total },
    { action: WriteAction.write, data: content.subarray(0, middle), offset: 0 },
    { action: WriteAction.write, data: content.subarray(middle), offset: middle },
    { action: WriteAction.commit, expected, total, offset: content.byteLength },
  ]
}

async function incoming(): Promise<readonly string[]> {
  return (await readdir(directory)).filter((name) => name.startsWith('incoming'))
}

test('content that is written is in the directory, and can be read from any offset', async () => {
  const content = randomBytes(700_000)
  const digest = digestOf(content)
  const answers = await call<Decoded<typeof write.answer>>('Write', writeOf(content))
  expect(answers.map(({ offset }) => offset)).toEqual([0, 350_000, 700_000, 700_000])
  expect(answers.at(-1)?.digest).toBe(digest)
  expect(digestOf(await readFile(contentPath(directory, digest)))).toBe(digest)
  expect(await call('Info', [{ digest }])).toEqual([{ info: { digest, size: 700_000 } }])
  for (const [offset, size] of [
    [0, 0],
    [0, 10],
    [100_000, 500_000],
    [699_999, 100],
    [700_000, 0],
  ] as const) {
    const parts = await call<{ readonly data: Buffer }>('Read', [{ digest, offset, size }], 'layout')
    const read = Buffer.concat(parts.map(({ data }) => data))
    expect(digestOf(read)).toBe(digestOf(content.subarray(offset, size === 0 ? undefined : offset + size)))
  }
})

test('a write that starts again has the content of the last start', async () => {
  const content = Buffer.from('the second start')
  const [stat = {}, ...rest] = writeOf(content)
  const first = { action: WriteAction.write, data: Buffer.from('the first'), offset: 0 }
  await call('Write', [stat, first, ...rest])
  expect(await readFile(contentPath(directory, digestOf(content)))).toEqual(content)
})

test.each([
  ['a write of content that is there', 'Write', () => writeOf(Buffer.from('twice')), status.ALREADY_EXISTS],
  ['content with another digest', 'Write', () => writeOf(Buffer.from('wrong'), MISSING), status.INTERNAL],
  ['content with another size', 'Write', () => writeOf(Buffer.from('short'), undefined, 9), status.FAILED_PRECONDITION],
  [
    'a gap in the content',
    'Write',
    () => [{ action: WriteAction.write, data: Buffer.from('x'), offset: 5 }],
    status.OUT_OF_RANGE,
  ],
  ['content that is not there', 'Read', () => [{ digest: MISSING }], status.NOT_FOUND],
  ['an offset beyond the content', 'Read', () => [{ digest: digestOf('twice'), offset: 6 }], status.OUT_OF_RANGE],
  ['information on what is not there', 'Info', () => [{ digest: MISSING }], status.NOT_FOUND],
  ['a path in place of a digest', 'Read', () => [{ digest: '../../etc/passwd' }], status.INVALID_ARGUMENT],
])('%s ends the call with its status, and leaves nothing', async (_name, method, messages, code) => {
  await call('Write', writeOf(Buffer.from('twice'))).catch(() => {})
  const errors = session.errors.length
  await expect(call(method, messages())).rejects.toMatchObject({ code })
  expect(session.errors.length - errors).toBe(code === status.INTERNAL ? 1 : 0)
  expect(await incoming()).toEqual([])
})

test('a read-only store rejects writes, and no other store is served', async () => {
  const messages = writeOf(Buffer.from('new'))
  await expect(call('Write', messages, 'layout')).rejects.toMatchObject({ code: status.PERMISSION_DENIED })
  await expect(call('Write', messages, '/etc')).rejects.toMatchObject({ code: status.NOT_FOUND })
  await expect(call('Info', [{ digest: MISSING }], '')).rejects.toMatchObject({ code: status.NOT_FOUND })
})
