import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { packFiles } from '../../../../test/support/tiny-image.js'
import { definePlugin } from '../../src/definition/plugin/index.js'
import { execute, lock, pipeline, plan, platform } from '../../src/index.js'
import { startRegistry } from '../../src/registry-server/index.js'

const YESTERDAY = 'Sat, 10 Jan 2026 10:00:00 UTC'
const TODAY = 'Sun, 11 Jan 2026 10:00:00 UTC'

describe('a lock of bases from archives', () => {
  const cleanup = new Cleanup()
  let directory: string
  let file: string
  let host: string
  let mirror: string
  let root: { readonly location: string; readonly sha256: string }
  /** What the package archive says of itself: its date, and the hash of its index. */
  let state: readonly [string, string]

  beforeAll(async () => {
    directory = cleanup.use(await tempFolder('lock-archives')).path
    file = join(directory, 'polyarch.lock')
    host = cleanup.use(await startRegistry({ directory: join(directory, 'registry') })).host
    const release = () => `Date: ${state[0]}\nSHA256:\n ${state[1].repeat(64)} 1 main/binary-amd64/Packages\n`
    const archive = createServer((_request, response) => response.end(release())).listen(0, '127.0.0.1')
    cleanup.use({ [Symbol.asyncDispose]: async () => void archive.close() })
    await new Promise((done) => archive.once('listening', done))
    mirror = `http://127.0.0.1:${(archive.address() as AddressInfo).port}`
    await mkdir(join(directory, 'app'))
    await writeFile(join(directory, 'app/Dockerfile'), 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n')
    root = await writeRoot('one')
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  async function writeRoot(content: string) {
    const tar = await packFiles({ content })
    const location = join(directory, 'root.tar')
    await writeFile(location, tar)
    return { location, sha256: createHash('sha256').update(tar).digest('hex') }
  }

  function app() {
    const apt = {
      distribution: 'debian',
      suite: 'bookworm',
      components: ['main'],
      packages: [],
      variant: 'essential',
    } as const
    const archives = definePlugin({
      name: 'archives',
      bases: {
        archives: {
          platforms: ['linux/amd64', 'linux/arm/v7'],
          optionNames: [],
          source: ({ platform: { architecture } }) =>
            architecture === 'amd64' ? { kind: 'apt', ...apt, architecture, mirror } : { kind: 'rootfs', ...root },
        },
      },
    })
    return pipeline(`${host}/team/app`)
      .use(archives)
      .platforms(platform('amd64', { base: 'archives' }), platform('arm', { variant: 'v7', base: 'archives' }))
      .build({ context: 'app' })
      .tags('1.0')
  }

  const offline = () => ({
    directory,
    engine: { host: 'unix:///nowhere/docker.sock' },
    cacheDirectory: join(directory, 'cache'),
  })

  it('has the hashes of package indexes and of archives, decides, and is reported as behind', async () => {
    state = [YESTERDAY, 'a']
    const { changes } = await lock(app(), { directory })
    const name = 'debian/bookworm/amd64/main'
    expect(changes).toMatchObject([
      { change: 'added', kind: 'apt', name, to: '2026-01-10T10:00:00.000Z' },
      { change: 'added', kind: 'rootfs', name: root.location, to: `sha256:${root.sha256}` },
    ])
    expect(await readFile(file, 'utf8')).toContain('a'.repeat(64))
    const keysOf = async () => {
      const { nodes, notes } = await plan(app(), { ...offline(), frozen: true })
      return { keys: nodes.filter(({ kind }) => kind === 'base').map(({ key }) => key), notes }
    }
    const before = await keysOf()
    expect(before.notes.filter((note) => note.includes('lock'))).toEqual([])
    state = [TODAY, 'b']
    const after = await keysOf()
    expect(after.keys).toEqual(before.keys)
    expect(after.notes).toContainEqual(
      `${name} has moved from 2026-01-10T10:00:00.000Z to 2026-01-11T10:00:00.000Z since it was locked in polyarch.lock; to update it, run \`npx tsx build.ts lock --update\``,
    )
  })

  it('whose package archive has moved on cannot be made again, until it is updated', async () => {
    await expect(
      execute(app(), { directory, cacheDirectory: join(directory, 'cache'), only: ['linux/amd64'] }),
    ).rejects.toMatchObject({
      code: 'LOCK_OUTDATED',
      hint: expect.stringContaining('lock --update'),
    })
    const { changes } = await lock(app(), { directory, update: ['debian/bookworm/amd64/main'] })
    expect(changes).toMatchObject([{ change: 'moved', kind: 'apt', to: '2026-01-11T10:00:00.000Z' }])
  })

  it('follows the hash that build.ts gives to an archive', async () => {
    const former = root.sha256
    root = await writeRoot('two')
    const { changes } = await lock(app(), { directory })
    expect(changes).toMatchObject([
      { change: 'moved', kind: 'rootfs', from: `sha256:${former}`, to: `sha256:${root.sha256}` },
    ])
    await rm(file)
  })
})
