import { Readable } from 'node:stream'
import { afterEach, expect, test, vi } from 'vitest'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import type { Upload } from '../../src/registry-server/store/upload.js'
import { Uploads } from '../../src/registry-server/store/uploads.js'

afterEach(() => void vi.useRealTimers())

test('open uploads are limited, and empty ones are discarded after a minute', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  await using folder = await tempFolder()
  const uploads = await Uploads.open(folder.path)
  const begun: Upload[] = []
  for (let count = 0; count < 1000; count++) begun.push(await uploads.start('app'))
  const [first, second] = begun as [Upload, Upload]
  await first.append(Readable.from([Buffer.from('content')]), () => {})
  const refused = { status: 429, code: 'TOOMANYREQUESTS', headers: { 'retry-after': '60' } }
  await expect(uploads.start('app')).rejects.toMatchObject(refused)
  vi.setSystemTime(Date.now() + 61_000)
  const more = await uploads.start('app')
  expect(uploads.get('app', more.id)).toBe(more)
  expect(uploads.get('app', first.id)).toBe(first)
  expect(() => uploads.get('app', second.id)).toThrow('does not exist in app')
})

test('an idle upload is discarded after an hour', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  await using folder = await tempFolder()
  const uploads = await Uploads.open(folder.path)
  const upload = await uploads.start('app')
  await upload.append(Readable.from([Buffer.from('content')]), () => {})
  vi.setSystemTime(Date.now() + 3_601_000)
  await uploads.start('app')
  expect(() => uploads.get('app', upload.id)).toThrow('does not exist in app')
})
