import { rmSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runProgram } from '../../../../test/support/child.js'
import { pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { tinyImage } from '../../../../test/support/tiny-image.js'
import { HostError } from '../../src/model/errors.js'
import { runningRegistry, startRegistry } from '../../src/registry-server/index.js'
import { putBlob, testRegistry } from './test-registry.js'

const amd64 = { os: 'linux', architecture: 'amd64' }

test('pushed content exists after a restart', async () => {
  await using folder = await tempFolder()
  const image = await tinyImage({ platform: amd64 })
  const directory = join(folder.path, 'deep', 'registry')
  const first = await startRegistry({ directory })
  await pushTinyImage({ url: first.url, repository: 'team/app' }, image, '1.0')
  await first.close()
  await using second = await startRegistry({ directory })
  const answer = await fetch(`${second.url}/v2/team/app/manifests/1.0`)
  expect(answer.headers.get('docker-content-digest')).toBe(image.manifest.descriptor.digest)
  const layer = await fetch(`${second.url}/v2/team/app/blobs/${image.layer.descriptor.digest}`)
  expect(Buffer.from(await layer.arrayBuffer())).toEqual(Buffer.from(image.layer.bytes))
})

test('a restart removes content that only deleted manifests referred to', async () => {
  await using folder = await tempFolder()
  const config = { Labels: { shared: 'no' } }
  const [gone, kept] = await Promise.all([tinyImage({ platform: amd64, config }), tinyImage({ platform: amd64 })])
  const first = await startRegistry({ directory: folder.path })
  const at = (repository: string) => ({ url: first.url, repository })
  await pushTinyImage(at('app'), gone, 'old')
  await pushTinyImage(at('app'), kept, 'new')
  await pushTinyImage(at('other'), gone)
  const unfinished = await putBlob({ send: (path, request) => fetch(`${first.url}${path}`, request) }, 'app')
  const manifest = `${first.url}/v2/app/manifests/${gone.manifest.descriptor.digest}`
  expect((await fetch(manifest, { method: 'DELETE' })).status).toBe(202)
  const statusAt = async (url: string, name: string, digest: string) =>
    (await fetch(`${url}/v2/${name}/blobs/${digest}`)).status
  expect(gone.layer.descriptor.digest).toBe(kept.layer.descriptor.digest)
  expect(await statusAt(first.url, 'app', gone.config.descriptor.digest)).toBe(200)
  await first.close()
  const second = await startRegistry({ directory: folder.path })
  expect(await statusAt(second.url, 'app', gone.config.descriptor.digest)).toBe(404)
  expect(await statusAt(second.url, 'app', gone.layer.descriptor.digest)).toBe(200)
  expect(await statusAt(second.url, 'app', unfinished)).toBe(200)
  expect(await statusAt(second.url, 'other', gone.config.descriptor.digest)).toBe(200)
  await fetch(`${second.url}/v2/other/manifests/${gone.manifest.descriptor.digest}`, { method: 'DELETE' })
  await second.close()
  await using _ = await startRegistry({ directory: folder.path })
  const [, hex = ''] = gone.config.descriptor.digest.split(':')
  expect(await readdir(join(folder.path, 'blobs', 'sha256'))).not.toContain(hex)
})

test('a second registry on a directory is rejected, with the address of the first one', async () => {
  await using first = await testRegistry()
  const { directory, host } = first.server
  const refused = await startRegistry({ directory }).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(HostError)
  expect(refused).toMatchObject({ code: 'DIRECTORY_IN_USE' })
  expect((refused as HostError).message).toContain(`process ${process.pid}`)
  expect((refused as HostError).message).toContain(host)
  expect(await runningRegistry(directory)).toEqual({ host, pid: process.pid })
  expect((await first.send('/v2/')).status).toBe(200)
})

test('no running registry is found for a missing directory, or after the registry has ended', async () => {
  await using folder = await tempFolder()
  expect(await runningRegistry(join(folder.path, 'absent'))).toBeUndefined()
  const server = await startRegistry({ directory: folder.path })
  await server.close()
  expect(await runningRegistry(folder.path)).toBeUndefined()
})

test('one of several concurrent starts gets the directory', async () => {
  await using folder = await tempFolder()
  const starts = await Promise.allSettled([1, 2, 3, 4].map(() => startRegistry({ directory: folder.path })))
  const started = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
  const codes = starts.flatMap((start) => (start.status === 'rejected' ? [(start.reason as HostError).code] : []))
  await Promise.all(started.map((server) => server.close()))
  expect(started).toHaveLength(1)
  expect(codes).toEqual(['DIRECTORY_IN_USE', 'DIRECTORY_IN_USE', 'DIRECTORY_IN_USE'])
})

test('the lock of a dead process is replaced, also if its pid is in use again', async () => {
  await using folder = await tempFolder()
  const { stdout } = await runProgram('sh', ['-c', 'echo $$'])
  const dead = { id: 'x', machine: hostname(), host: '127.0.0.1:1' }
  for (const owner of [
    { ...dead, pid: Number(stdout) },
    { ...dead, pid: process.pid, processStart: 'another boot' },
  ]) {
    await writeFile(join(folder.path, 'lock.json'), JSON.stringify(owner))
    expect(await runningRegistry(folder.path)).toBeUndefined()
    await using server = await startRegistry({ directory: folder.path })
    expect(await runningRegistry(folder.path)).toEqual({ host: server.host, pid: process.pid })
  }
})

test('the lock of another machine is respected', async () => {
  await using folder = await tempFolder()
  const owner = { id: 'x', machine: 'other.example.com', pid: 1, host: '127.0.0.1:1' }
  await writeFile(join(folder.path, 'lock.json'), JSON.stringify(owner))
  const refused = startRegistry({ directory: folder.path })
  await expect(refused).rejects.toMatchObject({ code: 'DIRECTORY_IN_USE' })
  await expect(refused).rejects.toThrow('process 1 of other.example.com')
})

test('a file in place of the directory is reported when the registry starts, and not before', async () => {
  await using folder = await tempFolder()
  const file = join(folder.path, 'file')
  await writeFile(file, '')
  expect(await runningRegistry(file)).toBeUndefined()
  await expect(startRegistry({ directory: file })).rejects.toMatchObject({ code: 'REGISTRY_NOT_STARTED' })
})

test('a directory with other content is rejected and unchanged', async () => {
  await using folder = await tempFolder()
  await writeFile(join(folder.path, 'index.json'), '{"manifests":[]}')
  await expect(startRegistry({ directory: folder.path })).rejects.toMatchObject({ code: 'REGISTRY_NOT_STARTED' })
  expect(await readdir(folder.path)).toEqual(['index.json'])
})

test('a directory with other repositories is rejected, and an interrupted first start continues', async () => {
  await using folder = await tempFolder()
  const file = join(folder.path, 'incoming', 'letter')
  for (const name of ['repositories', 'incoming']) await mkdir(join(folder.path, name))
  for (const path of [file, join(folder.path, 'README.md')]) await writeFile(path, 'of somebody')
  await expect(startRegistry({ directory: folder.path })).rejects.toMatchObject({ code: 'REGISTRY_NOT_STARTED' })
  expect(await readFile(file, 'utf8')).toBe('of somebody')
  rmSync(join(folder.path, 'README.md'))
  await using started = await startRegistry({ directory: folder.path })
  expect(started.directory).toBe(folder.path)
})

test('an unreadable record prevents the start, and nothing is deleted', async () => {
  await using folder = await tempFolder()
  const first = await startRegistry({ directory: folder.path })
  const blob = await putBlob({ send: (path, options) => fetch(first.url + path, options) }, 'team/app')
  await first.close()
  const record = join(folder.path, 'repositories/team/app/_record.json')
  const text = await readFile(record, 'utf8')
  await writeFile(record, text.slice(0, 10))
  await expect(startRegistry({ directory: folder.path })).rejects.toMatchObject({ code: 'REGISTRY_NOT_STARTED' })
  await writeFile(record, text)
  await using second = await startRegistry({ directory: folder.path })
  expect((await fetch(`${second.url}/v2/team/app/blobs/${blob}`)).status).toBe(200)
})

test('content without a record is removed at the start', async () => {
  await using folder = await tempFolder()
  const blobs = join(folder.path, 'blobs/sha256')
  await mkdir(join(folder.path, 'repositories'))
  await mkdir(blobs, { recursive: true })
  await writeFile(join(blobs, '0'.repeat(64)), 'of a crash')
  await using _ = await startRegistry({ directory: folder.path })
  expect(await readdir(blobs)).toEqual([])
})

test('a port in use is reported', async () => {
  await using first = await testRegistry()
  await using folder = await tempFolder()
  const port = Number(first.server.host.split(':')[1])
  const refused = startRegistry({ directory: folder.path, port })
  await expect(refused).rejects.toMatchObject({ code: 'REGISTRY_NOT_STARTED' })
  await using _ = await startRegistry({ directory: folder.path })
})

test('a directory that cannot be made is reported', async () => {
  await using folder = await tempFolder()
  await writeFile(join(folder.path, 'file'), '')
  const refused = startRegistry({ directory: join(folder.path, 'file', 'registry') })
  await expect(refused).rejects.toMatchObject({ code: 'REGISTRY_NOT_STARTED' })
})

test.each([
  ['::1', /^\[::1\]:\d+$/],
  ['0.0.0.0', /^127\.0\.0\.1:\d+$/],
])('a registry that listens on %s has a host for references', async (host, pattern) => {
  await using registry = await testRegistry({ host })
  expect(registry.server.host).toMatch(pattern)
  expect((await registry.send('/v2/')).status).toBe(200)
})

test('a registry whose directory is deleted during the start stops listening', async () => {
  await using folder = await tempFolder()
  const directory = join(folder.path, 'registry')
  const listening = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap').length
  const before = listening()
  const vanishing = {
    directory,
    get port() {
      rmSync(directory, { recursive: true })
      return 0
    },
  }
  await expect(startRegistry(vanishing)).rejects.toMatchObject({ code: 'REGISTRY_NOT_STARTED' })
  expect(listening()).toBe(before)
})
