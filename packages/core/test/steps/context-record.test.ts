import { expect, test } from 'vitest'
import { digestOf } from '../../src/model/digest.js'
import { createRegistry } from '../../src/registry/client.js'
import { ContextRecords } from '../../src/steps/image/context/context-record.js'
import { contextReference } from '../../src/steps/key.js'
import { testRegistry } from '../registry-server/test-registry.js'

const record = { dockerfile: ['x'], entries: [{ name: 'a', content: 'b', mode: 'c' }] }

test('platforms that record the same context at once write it once', async () => {
  await using registry = await testRegistry()
  await using client = createRegistry()
  const reference = contextReference({ registry: registry.server.host, repository: 'app' }, digestOf('context'))
  const records = new ContextRecords()
  const write = () => records.write(client, reference, () => record, {})
  await Promise.all([write(), write(), write()])
  const writes = registry.requests.filter(({ method, path }) => method === 'PUT' && path.includes('/manifests/'))
  expect(writes).toHaveLength(1)
  expect(await Promise.all([1, 2].map(() => records.read(client, reference, {})))).toEqual([record, record])
  const reads = registry.requests.filter(({ method, path }) => method === 'GET' && path.includes('/blobs/'))
  expect(reads).toHaveLength(1)
})

test('a platform whose write was cancelled does not keep the others from writing', async () => {
  await using registry = await testRegistry()
  await using client = createRegistry()
  const reference = contextReference({ registry: registry.server.host, repository: 'app' }, digestOf('context'))
  const records = new ContextRecords()
  const stop = new AbortController()
  const cancelled = records.write(client, reference, () => record, { signal: stop.signal })
  const other = records.write(client, reference, () => record, {})
  stop.abort()
  await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' })
  await other
  expect(await records.read(client, reference, {})).toEqual(record)
})
