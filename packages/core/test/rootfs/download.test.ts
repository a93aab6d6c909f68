import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer, text } from 'node:stream/consumers'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { expect, test, vi } from 'vitest'
import type { AptBase } from '../../src/definition/plugin/base-source.js'
import { readRelease } from '../../src/rootfs/apt/release-file.js'
import { download, downloadIfThere } from '../../src/rootfs/download.js'
import { startScriptedServer } from '../registry/scripted-server.js'

test('a file is fetched as it is, through redirects, also if the server calls it encoded', async () => {
  const archive = gzipSync('content')
  await using server = await startScriptedServer(({ path }) => {
    if (path === '/old') return { status: 302, headers: { location: '/root.tar.gz' } }
    return { status: 200, headers: { 'content-encoding': 'gzip' }, body: archive }
  })
  expect(await buffer(await download(`http://${server.host}/old`))).toEqual(archive)
})

test('another host does not lead to plain HTTP on this machine', async () => {
  await using victim = await startScriptedServer(() => ({ status: 200, body: 'secret' }))
  await using proxy = await startScriptedServer(() => ({
    status: 302,
    headers: { location: `http://${victim.host}/x` },
  }))
  vi.stubEnv('http_proxy', `http://${proxy.host}`)
  try {
    await expect(download('http://mirror.example/x')).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' })
    expect(proxy.seen).toHaveLength(1)
    expect(victim.seen).toHaveLength(0)
  } finally {
    vi.unstubAllEnvs()
  }
})

test('an invalid answer, an unknown host and a stream that breaks off are reported with the address', async () => {
  await using server = await startScriptedServer(({ path }) =>
    path === '/cut'
      ? { status: 200, headers: { 'content-length': '100' }, body: 'short' }
      : { status: path === '/gone' ? 404 : 403 },
  )
  const at = (path: string) => `http://${server.host}${path}`
  const reported = (message: string) => ({ code: 'DOWNLOAD_FAILED', message: expect.stringContaining(message) })
  await expect(download(at('/gone'))).rejects.toMatchObject(reported(`${at('/gone')} does not exist`))
  expect(await downloadIfThere(at('/gone'))).toBeUndefined()
  await expect(downloadIfThere(at('/denied'))).rejects.toMatchObject(reported('answered 403'))
  await expect(download('http://127.0.0.1:9/x')).rejects.toMatchObject(reported('ECONNREFUSED'))
  await expect(download('http://')).rejects.toMatchObject(reported('http:// could not be fetched'))
  const cut = await download(at('/cut'))
  setTimeout(() => server.server.closeAllConnections(), 100)
  await expect(text(cut)).rejects.toMatchObject(reported(`${at('/cut')} could not be fetched`))
})

test('no error contains a login or a signature of an address', async () => {
  await using server = await startScriptedServer(({ path }) => ({ status: path.startsWith('/gone') ? 404 : 403 }))
  for (const path of ['/gone', '/denied', '']) {
    const host = path === '' ? '127.0.0.1:9' : server.host
    const error = await download(`http://me:hunter2@${host}${path}?signature=hunter3`).catch((caught) => caught)
    expect(error).toMatchObject({ code: 'DOWNLOAD_FAILED' })
    expect(inspect(error)).not.toMatch(/hunter/)
  }
})

test('it ends with its signal, before and after the first bytes', async () => {
  await using server = await startScriptedServer(() => ({
    status: 200,
    headers: { 'content-length': '100' },
    body: 'more to come',
  }))
  const controller = new AbortController()
  const stream = await download(`http://${server.host}/x`, controller.signal)
  const reading = text(stream)
  controller.abort()
  await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' })
  await expect(download(`http://${server.host}/x`, controller.signal)).rejects.toMatchObject({ code: 'CANCELLED' })
})

test('a release file without end is given up', async () => {
  let sent = 0
  const server = createServer((_request, response) => {
    const send = () => {
      // Bounded, so that a reader without a bound ends too.
      while (sent < 200 && !response.destroyed) {
        sent += 1
        if (!response.write(Buffer.alloc(1024 * 1024, 'x'))) return void response.once('drain', send)
      }
      response.end()
    }
    send()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}/debian`
    const base = { suite: 'bookworm', architecture: 'amd64', components: ['main'] } as unknown as AptBase
    await expect(readRelease(mirror, base)).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: `${mirror}/dists/bookworm/InRelease has more than 16777216 bytes`,
      hint: expect.stringContaining('mirror'),
    })
    expect(sent).toBeLessThan(100)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
