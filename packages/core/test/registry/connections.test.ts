import { EventEmitter, once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { digestOf } from '../../src/model/digest.js'
import { encodeManifest, MEDIA_TYPES } from '../../src/model/oci.js'
import { createRegistry } from '../../src/registry/client.js'
import { startScriptedServer } from './scripted-server.js'
import { clientFor, password } from './token-registry.js'

const config = { mediaType: MEDIA_TYPES.ociConfig, digest: digestOf('{}'), size: 2 }
const manifest = encodeManifest({ schemaVersion: 2, config, layers: [] }, MEDIA_TYPES.ociManifest)
const body = Buffer.from(manifest.bytes).toString()
const headers = {
  'content-type': MEDIA_TYPES.ociManifest,
  'docker-content-digest': manifest.descriptor.digest,
  'content-length': String(manifest.descriptor.size),
}

test('requests one after another share connections, HEAD or not', async () => {
  await using server = await startScriptedServer(() => ({ status: 200, headers, body }))
  let connections = 0
  server.server.on('connection', () => {
    connections += 1
  })
  await using client = createRegistry()
  const reference = { registry: server.host, repository: 'a', tag: 'b' }
  for (let round = 0; round < 10; round += 1) {
    await client.resolve(reference)
    await client.getManifest(reference)
  }
  expect(server.seen).toHaveLength(20)
  // The next request may come before the last connection is known to be free.
  expect(connections).toBeLessThan(5)
})

test('requests that wait for the first answer, with the login scheme, open their connections meanwhile', async () => {
  const connecting = new EventEmitter()
  const allOpen = once(connecting, 'all')
  await using server = await startScriptedServer(async ({ headers: { authorization } }) => {
    // Were they opened only afterwards, it would never be answered.
    if (server.seen.length === 1) await allOpen
    seenFirst ??= server.seen.length
    return authorization ? { status: 200, headers } : { status: 401, headers: { 'www-authenticate': 'Basic' } }
  })
  let seenFirst: number | undefined
  let connections = 0
  server.server.on('connection', () => {
    connections += 1
    if (connections === 5) connecting.emit('all')
  })
  await using client = clientFor(server.host, password)
  const resolve = () => client.resolve({ registry: server.host, repository: 'a', tag: 'b' })
  expect(await Promise.all(Array.from({ length: 5 }, resolve))).toEqual(Array(5).fill(manifest.descriptor))
  expect(seenFirst).toBe(1)
  // Only the first was sent without the login.
  expect(server.seen).toHaveLength(6)
})

test('a connection that breaks while its request waits for the login is opened again', async () => {
  const connecting = new EventEmitter()
  const openedAnew = once(connecting, 'anew')
  await using server = await startScriptedServer(async () => {
    if (server.seen.length === 1) await openedAnew
    return { status: 200, headers }
  })
  let connections = 0
  server.server.on('connection', (socket) => {
    connections += 1
    if (connections > 1 && connections < 5) socket.destroy()
    if (connections === 5) connecting.emit('anew')
  })
  await using client = createRegistry({ retry: { delay: 1 } })
  const resolve = () => client.resolve({ registry: server.host, repository: 'a', tag: 'b' })
  expect(await Promise.all(Array.from({ length: 3 }, resolve))).toEqual(Array(3).fill(manifest.descriptor))
  expect(server.seen).toHaveLength(3)
})

/** A server that answers HEAD with a body, which HTTP forbids: https://www.rfc-editor.org/rfc/rfc9110#section-9.3.2 */
async function startRudeServer() {
  const sockets: Socket[] = []
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}))
    socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\n${head.join('')}\r\n${body}`))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

test('a body that is sent with HEAD is not taken for the next answer', async () => {
  await using server = await startRudeServer()
  await using client = createRegistry({ retry: { delay: 1 } })
  const reference = { registry: server.host, repository: 'a', tag: 'b' }
  for (let round = 0; round < 5; round += 1) {
    expect(await client.resolve(reference)).toEqual(manifest.descriptor)
    expect((await client.getManifest(reference))?.descriptor).toEqual(manifest.descriptor)
  }
})

test('as many requests as there are listen to one signal, and Node.js takes none of them for a leak', async () => {
  await using server = await startScriptedServer(() => ({ status: 200, headers, body }))
  const warnings: Error[] = []
  const listen = (warning: Error) => warnings.push(warning)
  process.on('warning', listen)
  try {
    await using client = createRegistry()
    const { signal } = new AbortController()
    const names = Array.from({ length: 30 }, (_, at) => ({ registry: server.host, repository: 'a', tag: `${at}` }))
    await Promise.all(names.map((reference) => client.resolve(reference, { signal })))
    await new Promise(setImmediate)
    expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([])
  } finally {
    process.off('warning', listen)
  }
})
