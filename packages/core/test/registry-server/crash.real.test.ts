import { EventEmitter, once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { type ClientRequest, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type RunningProgram, startProgram } from '../../../../test/support/child.js'
import { pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { type TinyImage, tinyImage } from '../../../../test/support/tiny-image.js'
import { digestOf } from '../../src/model/digest.js'
import { runningRegistry, startRegistry } from '../../src/registry-server/index.js'
import { beginUpload, someBytes } from './test-registry.js'

const SCRIPT = fileURLToPath(new URL('./serve-until-killed.ts', import.meta.url))

/** A registry in a process of its own; disposing of it kills that without warning. */
function startOther(directory: string): Promise<RunningProgram<string>> {
  return startProgram({
    command: process.execPath,
    args: ['--import', 'tsx', SCRIPT, directory],
    readyLine: (line) => /^listening on (.+)$/.exec(line)?.[1],
    stopSignal: 'SIGKILL',
  })
}

/** Sends some of a body, and leaves the rest out. */
async function sendHalf(url: string, method: string, bytes: Uint8Array): Promise<ClientRequest> {
  const sending = request(url, { method, headers: { 'content-length': bytes.byteLength } }).on('error', () => {})
  await new Promise<void>((resolve) => sending.write(bytes.subarray(0, bytes.byteLength / 2), () => resolve()))
  return sending
}

/** Pushes one image after another under one tag, until the registry is gone. @param progress - emits `pushed` */
async function pushOnAndOn(url: string, images: readonly TinyImage[], progress: EventEmitter): Promise<number> {
  for (let count = 0; ; count++) {
    const image = images[count % images.length] as TinyImage
    const pushed = pushTinyImage({ url, repository: 'team/app' }, image, `moving-${count % 2}`)
    if (!(await pushed.then(() => true).catch(() => false))) return count
    progress.emit('pushed')
  }
}

async function expectWhole(directory: string): Promise<void> {
  const folder = join(directory, 'blobs/sha256')
  for (const name of await readdir(folder)) {
    expect(digestOf(await readFile(join(folder, name)))).toBe(`sha256:${name}`)
  }
  const index = JSON.parse(await readFile(join(directory, 'index.json'), 'utf8')) as { manifests: { digest: string }[] }
  const blobs = await readdir(folder)
  for (const { digest } of index.manifests) expect(blobs).toContain(digest.slice('sha256:'.length))
}

test('a registry that is killed during uploads starts again without damage', async () => {
  await using folder = await tempFolder()
  const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  const blob = someBytes(4_000_000)
  {
    await using other = await startOther(folder.path)
    const url = `http://${other.ready}`
    await pushTinyImage({ url, repository: 'team/app' }, image, '1.0')
    const place = await beginUpload({ send: (path, options) => fetch(url + path, options) }, 'team/app')
    await sendHalf(`${url}${place}`, 'PATCH', blob.bytes)
    await sendHalf(`${url}/v2/team/app/blobs/uploads/?digest=${blob.digest}`, 'POST', blob.bytes)
    expect(await runningRegistry(folder.path)).toMatchObject({ host: other.ready })
  }
  await expectWhole(folder.path)
  await using again = await startRegistry({ directory: folder.path })
  expect((await fetch(`${again.url}/v2/team/app/blobs/${blob.digest}`)).status).toBe(404)
  const answer = await fetch(`${again.url}/v2/team/app/manifests/1.0`)
  expect(answer.headers.get('docker-content-digest')).toBe(image.manifest.descriptor.digest)
  expect(await readdir(join(folder.path, 'incoming'))).toEqual([])
})

test('a registry that is killed during pushes keeps everything that it has confirmed', async () => {
  await using folder = await tempFolder()
  const platforms = ['v5', 'v6', 'v7'].map((variant) => ({ os: 'linux', architecture: 'arm', variant }))
  const images = await Promise.all(platforms.map((platform) => tinyImage({ platform })))
  for (let round = 0; round < 4; round++) {
    const other = await startOther(folder.path)
    const url = `http://${other.ready}`
    const progress = new EventEmitter()
    const pushing = pushOnAndOn(url, images, progress)
    await once(progress, 'pushed')
    await sleep(round * 130)
    await other[Symbol.asyncDispose]()
    const count = await pushing
    expect(count).toBeGreaterThan(0)
    await expectWhole(folder.path)
    await using again = await startRegistry({ directory: folder.path })
    // The push that was cut may have moved its tag; the one before it was confirmed, under the other.
    const last = count - 1
    const answer = await fetch(`${again.url}/v2/team/app/manifests/moving-${last % 2}`)
    expect(answer.headers.get('docker-content-digest')).toBe(images[last % 3]?.manifest.descriptor.digest)
    await expectWhole(folder.path)
  }
})
