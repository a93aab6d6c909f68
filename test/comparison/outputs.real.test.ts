import { createReadStream } from 'node:fs'
import { lstat, mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import Docker from 'dockerode'
import { extract } from 'tar-stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  execute,
  fromImage,
  type OutputOption,
  type Pipeline,
  pipeline,
  platform,
  type RunEvent,
} from '../../packages/core/src/index.js'
import { ENGINES, engineHost } from '../../packages/core/test/builder/engines.js'
import { sidSkopeoCommand } from '../../scripts/setup/sid-skopeo.mjs'
import { AMD64, ARM, pushBase } from '../pipeline/project.js'
import { runBuildx } from '../support/buildx.js'
import { runProgram } from '../support/child.js'
import { Cleanup } from '../support/cleanup.js'
import { type DebianRegistry, startDebianRegistry } from '../support/debian-registry.js'
import { tempFolder } from '../support/temp-folder.js'

const DOCKERFILE = `ARG BASE_IMAGE
FROM \${BASE_IMAGE}
COPY . /app/
RUN rm -r /app/removed && echo one > /app/one && ln /app/one /app/same && ln -s note /app/link && chown 1:2 /app/run && chmod 4711 /app/run
RUN rm -r /app/replaced && mkdir -m 700 /app/replaced && echo new > /app/replaced/new
`

/** Files of what `RUN` leaves behind on its builder: mount points. */
const MOUNTS = /^(?:dev|proc|sys)\/|^etc\/(?:hosts|resolv\.conf)$/

/** The entries of a tar by path: kind, mode, owner, link and content. */
async function entriesOf(path: string): Promise<Readonly<Record<string, string>>> {
  const entries: Record<string, string> = {}
  for await (const entry of createReadStream(path).pipe(extract())) {
    const { name, type, mode = 0, uid, gid, linkname } = entry.header
    // Nobody reads the mode of a symbolic link.
    const bits = type === 'symlink' ? '' : mode.toString(8)
    const content = type === 'file' ? await text(entry) : ''
    const size = content.length > 100 ? `${content.length} bytes` : content
    if (!MOUNTS.test(name)) entries[name.replace(/\/$/, '')] = [type, bits, uid, gid, linkname, size].join(' ')
    entry.resume()
  }
  return entries
}

async function filesOf(directory: string): Promise<Readonly<Record<string, string>>> {
  const files: Record<string, string> = {}
  for (const name of await readdir(directory, { recursive: true })) {
    const path = join(directory, name)
    const { mode } = await lstat(path)
    if (MOUNTS.test(name)) continue
    const isLink = (mode & 0o170000) === 0o120000
    const isFile = (mode & 0o170000) === 0o100000
    const content = isLink
      ? await readlink(path)
      : isFile
        ? (await readFile(path)).subarray(0, 100).toString('latin1')
        : ''
    files[name] = `${mode.toString(8)} ${content}`
  }
  return files
}

describe.each(ENGINES)('outputs of builds on %s', (name) => {
  const cleanup = new Cleanup()
  const isNewer = name !== ENGINES[0]
  let folder: string
  let host: string
  let registry: DebianRegistry
  let bases: readonly string[]
  let app: Pipeline

  beforeAll(async () => {
    folder = cleanup.use(await tempFolder('outputs')).path
    host = cleanup.use(await engineHost(name)).host
    registry = cleanup.use(await startDebianRegistry())
    bases = await Promise.all(
      [AMD64, ARM].map((one) => pushBase({ ...registry, repository: `base-${one.architecture}` }, { platform: one })),
    )
    const context = join(folder, 'context')
    for (const directory of ['removed', 'replaced']) await mkdir(join(context, directory), { recursive: true })
    await writeFile(join(context, 'removed', 'file'), 'removed')
    await writeFile(join(context, 'replaced', 'file'), 'replaced')
    await writeFile(join(context, 'note'), 'the note')
    await writeFile(join(context, 'run'), 'run', { mode: 0o755 })
    await writeFile(join(folder, 'Dockerfile'), DOCKERFILE)
    const [wide = '', narrow = ''] = bases
    app = pipeline(`${registry.host}/team/app`)
      .platforms(
        platform('amd64', { base: fromImage(wide) }),
        platform('arm', { variant: 'v7', base: fromImage(narrow) }),
      )
      .build({ context, dockerfile: join(folder, 'Dockerfile'), network: 'none' })
      .tags('1.0')
    // All outputs below are of images that were published before.
    await execute(app, { engine: { host } })
  }, 300_000)
  afterAll(() => cleanup[Symbol.asyncDispose]())

  /** Writes outputs. @returns the reported paths */
  async function write(...outputs: readonly OutputOption[]): Promise<readonly string[]> {
    const events: RunEvent[] = []
    await execute(app, { engine: { host }, outputs, onEvent: (event) => events.push(event) })
    return events.flatMap((event) => (event.kind === 'output-written' ? [event.dest] : []))
  }

  it('root file systems are those that buildx writes', async () => {
    const [tar, directory] = [join(folder, 'root.tar'), join(folder, 'root')]
    const outputs = [`type=tar,dest=${tar},platform=linux/amd64`, `type=local,dest=${directory},platform=linux/amd64`]
    expect(await write(...outputs)).toEqual([tar, directory])
    const entries = await entriesOf(tar)
    expect(entries).toMatchObject({
      'app/note': expect.stringContaining('the note'),
      'app/run': 'file 4711 1 2  run',
      'app/same': expect.stringMatching(/^link .* app\/one /),
      'app/link': 'symlink  0 0 note ',
    })
    expect(Object.keys(entries).filter((path) => /removed|replaced\/file/.test(path))).toEqual([])
    if (!isNewer) return
    const [wide = ''] = bases
    const build = ['build', '--platform=linux/amd64', '--build-arg', `BASE_IMAGE=${wide}`, '--network=none']
    const source = ['--file', join(folder, 'Dockerfile'), join(folder, 'context')]
    await runBuildx({ host, folder }, ...build, '--output', `type=tar,dest=${folder}/buildx.tar`, ...source)
    await runBuildx({ host, folder }, ...build, '--output', `type=local,dest=${folder}/buildx`, ...source)
    expect(entries).toEqual(await entriesOf(join(folder, 'buildx.tar')))
    expect(await filesOf(directory)).toEqual(await filesOf(join(folder, 'buildx')))
  })

  it('image archives are read by two versions of skopeo and loaded by the engine', async () => {
    const [layout, archive, all] = ['image.tar', 'docker.tar', 'root-all'].map((file) => join(folder, file))
    await write(`type=oci,dest=${layout}`, `type=local,dest=${all}`, {
      type: 'docker',
      dest: archive ?? '',
      platform: 'linux/amd64',
    })
    expect((await readdir(all ?? '')).sort()).toEqual(['linux_amd64', 'linux_arm_v7'])
    const directory = join(folder, 'layout')
    await mkdir(directory)
    await runProgram('tar', ['--extract', '--file', layout ?? '', '--directory', directory])
    for (const [program, ...args] of [['skopeo'], sidSkopeoCommand()] as const) {
      const inspect = async (...words: readonly string[]) =>
        JSON.parse((await runProgram(program, [...args, 'inspect', ...words])).stdout)
      for (const image of [`oci-archive:${layout}:1.0`, `oci:${directory}:1.0`]) {
        const { manifests } = await inspect('--raw', image)
        expect(manifests).toHaveLength(2)
        expect(await inspect('--override-arch', 'arm', '--override-variant', 'v7', image)).toMatchObject({
          Architecture: 'arm',
          Env: [expect.any(String)],
        })
      }
      expect(await inspect(`docker-archive:${archive}`)).toMatchObject({ Architecture: 'amd64' })
    }
    const docker = new Docker({ socketPath: host.replace(/^unix:\/\//, '') })
    const loaded = await text(await docker.loadImage(archive ?? ''))
    const reference = `${registry.host}/team/app:1.0`
    expect(loaded).toContain(reference)
    const image = docker.getImage(reference)
    expect(await image.inspect()).toMatchObject({ Architecture: 'amd64' })
    await image.remove({ force: true })
  })

  it('image archives are loaded by podman, also those with all platforms', async () => {
    const [all, one, archive] = ['all.tar', 'one.tar', 'podman.tar'].map((file) => join(folder, file))
    const platformField = 'platform=linux/arm/v7'
    await write(
      `type=oci,dest=${all}`,
      `type=oci,dest=${one},${platformField}`,
      `type=docker,dest=${archive},${platformField}`,
    )
    // Of an index podman loads the platform of its machine.
    expect(await loadIntoPodman(all ?? '')).toMatchObject({ Architecture: 'amd64' })
    expect(await loadIntoPodman(one ?? '')).toMatchObject({
      Architecture: 'arm',
      Config: { Env: [expect.any(String)] },
    })
    expect(await loadIntoPodman(archive ?? '')).toMatchObject({
      Architecture: 'arm',
      RepoTags: [`${registry.host}/team/app:1.0`],
    })
  })

  /** Loads an archive into an empty storage, and inspects the image. */
  async function loadIntoPodman(file: string): Promise<unknown> {
    await using storage = await tempFolder('podman')
    const at = (name: string) => join(storage.path, name)
    const global = ['--root', at('root'), '--runroot', at('run'), '--storage-driver', 'vfs']
    const podman = async (...args: readonly string[]) => (await runProgram('podman', [...global, ...args])).stdout
    await podman('load', '--quiet', '--input', file)
    const ids = (await podman('images', '--quiet', '--no-trunc')).trim().split('\n')
    expect(ids).toHaveLength(1)
    const [image] = JSON.parse(await podman('image', 'inspect', ids[0] ?? '')) as readonly unknown[]
    return image
  }
})
