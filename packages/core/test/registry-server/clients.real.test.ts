import { randomUUID } from 'node:crypto'
import { readFile, symlink, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import Docker from 'dockerode'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busyboxImage } from '../../../../test/support/busybox-image.js'
import { makeCertificate } from '../../../../test/support/certificate.js'
import { runProgram } from '../../../../test/support/child.js'
import { pushManifest, pushTinyImage } from '../../../../test/support/push-tiny.js'
import { runImage } from '../../../../test/support/run-image.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { tinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import { type TestRegistry, testRegistry } from './test-registry.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const ARMV7 = { os: 'linux', architecture: 'arm', variant: 'v7' }

/** Pushes a runnable index for two platforms. */
async function pushBusybox({ server }: TestRegistry, repository: string) {
  const target = { url: server.url, repository }
  const images = await Promise.all([AMD64, ARMV7].map((platform) => busyboxImage({ platform })))
  for (const image of images) await pushTinyImage(target, image)
  const index = tinyIndex(images)
  await pushManifest(target, index, '1.0')
  return { index, images }
}

async function digestAt({ send }: TestRegistry, name: string, reference: string): Promise<string | null> {
  return (await send(`/v2/${name}/manifests/${reference}`)).headers.get('docker-content-digest')
}

describe('an open registry', () => {
  let registry: TestRegistry
  beforeAll(async () => {
    registry = await testRegistry()
  })
  afterAll(() => registry[Symbol.asyncDispose]())

  test('both platforms of an index run on the engine', async () => {
    await pushBusybox(registry, 'team/run')
    const outputs: string[] = []
    for (const platform of [AMD64, ARMV7]) {
      const reference = `${registry.server.host}/team/run:1.0`
      outputs.push((await runImage({ reference, platform, command: ['uname', '-m'] })).output)
    }
    expect(outputs).toEqual(['x86_64', 'armv7l'])
  })

  test('the engine pushes and pulls images with Docker media types', async () => {
    const docker = new Docker()
    await pushBusybox(registry, 'team/source')
    const source = `${registry.server.host}/team/source:1.0`
    const name = `${registry.server.host}/team/pushed`
    await buffer(await docker.pull(source, { platform: 'linux/arm/v7' }))
    try {
      await docker.getImage(source).tag({ repo: name, tag: 'arm' })
      const reported = (await buffer(await docker.getImage(`${name}:arm`).push({ authconfig: {} }))).toString()
      expect(reported).toContain(`${await digestAt(registry, 'team/pushed', 'arm')}`)
    } finally {
      await docker.getImage(source).remove({ force: true })
      await docker.getImage(`${name}:arm`).remove({ force: true })
    }
    const { output } = await runImage({ reference: `${name}:arm`, platform: ARMV7, command: ['uname', '-m'] })
    expect(output).toBe('armv7l')
    const { mediaType } = (await (
      await fetch(`${registry.server.url}/v2/team/pushed/manifests/arm`, { headers: { accept: '*/*' } })
    ).json()) as { mediaType: string }
    const layout = await readFile(join(registry.directory, 'index.json'), 'utf8')
    // The classic image store pushes media types of Docker, which an OCI layout does not list.
    expect(layout.includes('team/pushed')).toBe(!mediaType.includes('docker'))
  })

  test('skopeo copies an index in and out of it, with the same digest', async () => {
    const { index } = await pushBusybox(registry, 'team/skopeo')
    await using folder = await tempFolder()
    const there = `docker://${registry.server.host}/team/skopeo:1.0`
    const back = `docker://${registry.server.host}/team/copied:1.0`
    await runProgram('skopeo', ['copy', '--all', '--src-tls-verify=false', there, `oci:${folder.path}/layout:x`])
    await runProgram('skopeo', ['copy', '--all', '--dest-tls-verify=false', `oci:${folder.path}/layout:x`, back])
    expect(await digestAt(registry, 'team/copied', '1.0')).toBe(index.descriptor.digest)
    const { stdout } = await runProgram('skopeo', [
      'list-tags',
      '--tls-verify=false',
      `docker://${registry.server.host}/team/copied`,
    ])
    expect(JSON.parse(stdout)).toMatchObject({ Tags: ['1.0'] })
  })

  test('skopeo deletes a tag with its manifest', async () => {
    const image = await tinyImage({ platform: AMD64 })
    await pushTinyImage({ url: registry.server.url, repository: 'team/gone' }, image, '1.0')
    await runProgram('skopeo', ['delete', '--tls-verify=false', `docker://${registry.server.host}/team/gone:1.0`])
    expect(await digestAt(registry, 'team/gone', '1.0')).toBeNull()
  })

  test('skopeo and buildah read its directory as an image layout', async () => {
    const { index, images } = await pushBusybox(registry, 'team/layout')
    const docker = await tinyImage({ platform: AMD64, dialect: 'docker' })
    await pushTinyImage({ url: registry.server.url, repository: 'team/layout' }, docker, 'docker')
    const layout = `oci:${registry.directory}:team/layout:1.0`
    const { stdout } = await runProgram('skopeo', ['inspect', '--raw', layout])
    expect(JSON.parse(stdout)).toEqual(JSON.parse(Buffer.from(index.bytes).toString()))
    const inspected = await runProgram('skopeo', ['inspect', layout])
    expect(JSON.parse(inspected.stdout)).toMatchObject({ Architecture: 'amd64' })
    await using folder = await tempFolder()
    const storage = ['--root', `${folder.path}/root`, '--runroot', `${folder.path}/run`, '--storage-driver', 'vfs']
    // buildah names what it pulls after the directory, which must be in lower case for that.
    const lowerCase = join(tmpdir(), `polyarch-layout-${randomUUID()}`)
    await symlink(registry.directory, lowerCase)
    const pulling = runProgram('buildah', [...storage, 'pull', `oci:${lowerCase}:team/layout:1.0`])
    const pulled = await pulling.finally(() => unlink(lowerCase))
    const config = images.find(({ platform }) => platform.architecture === 'amd64')?.config.descriptor.digest
    expect(`sha256:${pulled.stdout.trim()}`).toBe(config)
  })

  test('buildah pushes a manifest list with all of its images', async () => {
    await pushBusybox(registry, 'team/parts')
    await using folder = await tempFolder()
    const storage = ['--root', `${folder.path}/root`, '--runroot', `${folder.path}/run`, '--storage-driver', 'vfs']
    const host = registry.server.host
    const run = (...args: string[]) => runProgram('buildah', [...storage, ...args])
    await run('manifest', 'create', 'list')
    await run('manifest', 'add', '--all', '--tls-verify=false', 'list', `docker://${host}/team/parts:1.0`)
    await run('manifest', 'push', '--all', '--tls-verify=false', 'list', `docker://${host}/team/list:1.0`)
    const answer = await registry.send('/v2/team/list/manifests/1.0')
    expect(((await answer.json()) as { manifests: unknown[] }).manifests).toHaveLength(2)
  })
})

describe.each(['basic', 'bearer'] as const)('a registry with %s logins over TLS', (kind) => {
  test('accepts pushes of skopeo with the password only', async () => {
    await using folder = await tempFolder()
    const { certificate, certificateFile, key } = await makeCertificate(folder.path)
    const users = { ada: 'secret' }
    await using registry = await testRegistry({ tls: { key, cert: certificate }, auth: { kind, users } })
    await using source = await testRegistry()
    await pushBusybox(source, 'from')
    expect(registry.server.url).toMatch(/^https:/)
    await runProgram('cp', [certificateFile, join(folder.path, 'ca.crt')])
    const copy = (...options: string[]) =>
      runProgram('skopeo', [
        ...['copy', '--all', '--src-tls-verify=false', '--dest-cert-dir', folder.path, ...options],
        ...[`docker://${source.server.host}/from:1.0`, `docker://${registry.server.host}/team/to:1.0`],
      ])
    await expect(copy('--dest-no-creds')).rejects.toThrow()
    await expect(copy('--dest-creds', 'ada:wrong')).rejects.toThrow()
    await copy('--dest-creds', 'ada:secret')
    const layout = await readFile(join(registry.directory, 'index.json'), 'utf8')
    expect(JSON.parse(layout)).toMatchObject({
      manifests: [{ annotations: { 'org.opencontainers.image.ref.name': 'team/to:1.0' } }],
    })
  })
})
