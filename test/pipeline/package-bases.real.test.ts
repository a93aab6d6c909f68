import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { execute, lock, type Pipeline, pipeline, plan, platform } from '../../packages/core/src/index.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { alpine } from '../../packages/plugin-alpine/src/index.js'
import { fedora } from '../../packages/plugin-fedora/src/index.js'
import { makeApkKey, writeApkArchive } from '../support/apk-archive.js'
import { Cleanup } from '../support/cleanup.js'
import { type LoopbackArchive, startLoopbackArchive } from '../support/loopback-archive.js'
import { makeRpmKey, writeRpmArchive } from '../support/rpm-archive.js'
import { runImage } from '../support/run-image.js'
import { tempFolder } from '../support/temp-folder.js'

/** Architectures as the archives name them, with those of platforms. */
const ARCHITECTURES = { x86_64: 'amd64', aarch64: 'arm64' } as const

const DOCKERFILE = `ARG BASE_IMAGE
FROM \${BASE_IMAGE}
RUN busybox uname -m >/built
CMD ["busybox", "cat", "/etc/machine", "/built"]
`

/** An archive of one kind, with what a pipeline needs to use it. */
interface Kind {
  readonly name: string
  /** Writes an archive, signed by the key of a name; the key is written to a file, whose path is returned. */
  write(folder: string, key: string, state?: number): Promise<string>
  app(name: string, options: { readonly mirror: string; readonly keyring: string }): Pipeline
  /** A pipeline of one platform that the archive does not have, and that every machine of the tests runs. */
  missing(name: string, options: { readonly mirror: string; readonly keyring: string }): Pipeline
  /** A file of the archive that was signed. */
  readonly signed: string
}

const apk: Kind = {
  name: 'apk',
  async write(folder, keyName, state = 1) {
    const key = makeApkKey()
    const more = state === 1 ? [] : [{ name: 'tiny-new' }]
    await writeApkArchive(folder, key, more)
    for (const repository of ['main', 'community']) {
      await cp(join(folder, 'v1/main'), join(folder, 'v3.24', repository), { recursive: true })
    }
    const file = join(folder, `${keyName}.pem`)
    await writeFile(file, key.publicKey)
    return file
  },
  app: (name, options) => {
    const base = { base: 'alpine', source: 'apk', ...options } as const
    return pipeline(name).use(alpine()).platforms(platform('amd64', base), platform('arm64', base))
  },
  missing: (name, options) =>
    pipeline(name)
      .use(alpine())
      .platforms(platform('386', { base: 'alpine', source: 'apk', ...options })),
  signed: 'v3.24/main/x86_64/APKINDEX.tar.gz',
}

const dnf: Kind = {
  name: 'dnf',
  async write(folder, keyName, state = 1) {
    await mkdir(folder, { recursive: true })
    const key = await makeRpmKey(folder, keyName)
    await writeRpmArchive(folder, state, key)
    for (const architecture of Object.keys(ARCHITECTURES)) {
      for (const path of [`releases/44/Everything/${architecture}/os`, `updates/44/Everything/${architecture}`]) {
        await cp(join(folder, 'tiny', architecture), join(folder, path), { recursive: true })
      }
    }
    const file = join(folder, `${keyName}.asc`)
    await writeFile(file, key.armored)
    return file
  },
  app: (name, options) => {
    const base = { base: 'fedora', source: 'dnf', packages: ['tiny-script'], ...options } as const
    return pipeline(name).use(fedora()).platforms(platform('amd64', base), platform('arm64', base))
  },
  missing: (name, options) => {
    const base = { base: 'fedora', source: 'dnf', release: '43', ...options } as const
    return pipeline(name).use(fedora()).platforms(platform('arm64', base))
  },
  signed: 'releases/44/Everything/x86_64/os/tiny-system-x86_64.rpm',
}

describe.each([apk, dnf])('bases of $name packages', (kind) => {
  const cleanup = new Cleanup()
  let folder: string
  let host: string
  let archives: LoopbackArchive
  const keyrings: Record<string, string> = {}

  beforeAll(async () => {
    folder = cleanup.use(await tempFolder(`bases-${kind.name}`)).path
    host = cleanup.use(await startRegistry({ directory: join(folder, 'registry') })).host
    for (const name of ['good', 'stranger', 'changed', 'moving']) {
      keyrings[name] = await kind.write(join(folder, 'archives', name), name)
    }
    archives = cleanup.use(await startLoopbackArchive(join(folder, 'archives')))
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  const optionsOf = (archive: string, key = archive) => ({
    mirror: `${archives.mirror}/${archive}`,
    keyring: keyrings[key] ?? '',
  })
  /** The options of a run in a directory of its own, with an empty cache. */
  async function run(name: string) {
    const directory = join(folder, 'runs', name)
    await mkdir(join(directory, 'app'), { recursive: true })
    await writeFile(join(directory, 'app/Dockerfile'), DOCKERFILE)
    return { directory, cacheDirectory: join(directory, 'cache') }
  }
  const finished = (app: Pipeline) => app.build({ context: 'app' }).tags('1')
  const repository = (name: string) => `${host}/${kind.name}/${name}`

  it('serve one Dockerfile on every platform, from packages to an index that runs', async () => {
    const app = finished(kind.app(repository('app'), optionsOf('good')).sharedBase(`${repository('from')}:1`))
    const { nodes, outcome } = await execute(app, await run('first'))
    expect(outcome).toBe('succeeded')
    expect(nodes.filter((node) => node.kind === 'base').map((node) => node.outcome)).toEqual(['made', 'made'])
    const index = await inspect(`${repository('app')}:1`)
    expect(index.images.map(({ config }) => config?.architecture)).toEqual(Object.values(ARCHITECTURES))
    for (const [machine, architecture] of Object.entries(ARCHITECTURES)) {
      const image = { os: 'linux', architecture } as const
      expect(await runImage({ reference: `${repository('app')}:1`, platform: image })).toEqual({
        exitCode: 0,
        output: `${machine}\n${machine}`,
      })
    }
    const plans = await plan(app, await run('first'))
    expect(plans.nodes.map(({ action }) => action)).toEqual(plans.nodes.map(() => 'reuse'))
  })

  it('are the same digests on another path and in another registry, with an empty cache', async () => {
    const other = cleanup.use(await startRegistry({ directory: join(folder, 'other-registry') }))
    const app = finished(
      kind.app(`${other.host}/app`, optionsOf('good')).sharedBase(`${other.host}/${kind.name}/from:1`),
    )
    expect((await execute(app, await run('second'))).outcome).toBe('succeeded')
    const [first, second] = await Promise.all(
      [host, other.host].map(async (one) => (await inspect(`${one}/${kind.name}/from:1`)).digest),
    )
    expect(second).toBe(first)
  })

  it.each([
    ['the key is another one', 'good', 'stranger', 'ROOTFS_FAILED'],
    ['signed content was changed', 'changed', 'changed', 'ROOTFS_FAILED'],
  ] as const)('are not published if %s', async (_what, archive, key, code) => {
    if (archive === 'changed') {
      const file = join(folder, 'archives/changed', kind.signed)
      const content = await readFile(file)
      content.writeUInt8(content.readUInt8(content.length - 100) ^ 0xff, content.length - 100)
      await writeFile(file, content)
    }
    const name = `refused-${archive}-${key}`
    const app = finished(kind.app(repository(name), optionsOf(archive, key)))
    await expect(execute(app, await run(name))).rejects.toMatchObject({ code })
    await expect(inspect(`${repository(name)}:1`)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('are rejected in the plan if the archive does not have the architecture', async () => {
    const app = finished(kind.missing(repository('missing'), optionsOf('good')))
    await expect(plan(app, await run('missing'))).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringContaining('does not exist'),
    })
  })

  it('are rejected if the archive no longer has the locked state, until the lock is updated', async () => {
    const app = finished(kind.app(repository('moving'), optionsOf('moving')))
    const options = await run('moving')
    await lock(app, options)
    const keyring = await kind.write(join(folder, 'archives/moving'), 'moved', 2)
    await cp(keyring, keyrings['moving'] ?? '')
    await expect(execute(app, options)).rejects.toMatchObject({ code: 'LOCK_OUTDATED' })
    await lock(app, { ...options, update: true })
    expect((await execute(app, options)).outcome).toBe('succeeded')
  })
})
