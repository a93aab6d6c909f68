import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatPlatform } from '../../packages/core/src/model/platform.js'
import { type BuildMetadata, copy, inspect } from '../../packages/core/src/operations/images/index.js'
import { appText, DOCKERFILE, type Stage, stage } from '../cli/stage.js'
import { Cleanup } from '../support/cleanup.js'
import { type NewerEngine, newerEngine } from '../support/newer-engine.js'
import { AMD64, ARM } from './project.js'

const NOWHERE = { DOCKER_HOST: 'unix:///nowhere/docker.sock' }

describe('two machines that share nothing but a registry', () => {
  const cleanup = new Cleanup()
  let place: Stage
  let engine: NewerEngine

  beforeAll(async () => {
    place = cleanup.use(await stage())
    engine = cleanup.use(await newerEngine())
    await place.folder.writeBuild(
      appText(place.host).replace('.tags(', `.sharedBase('${place.host}/team/from:1').tags(`),
    )
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  const name = () => `${place.host}/team/app:1.0`

  it('publish nothing while an image is missing, and list the missing images', async () => {
    const built = await place.folder.run(['--only', 'linux/amd64', '--metadata-file', 'only.json'])
    expect(built).toMatchObject({ exitCode: 0 })
    const { app } = JSON.parse(await readFile(join(place.folder.path, 'only.json'), 'utf8')) as BuildMetadata
    expect(app).toMatchObject({
      repository: `${place.host}/team/app`,
      sharedBase: { repository: `${place.host}/team/from` },
    })
    expect(Object.keys(app?.platforms ?? {})).toEqual(['linux/amd64'])
    expect(app).not.toHaveProperty(['containerimage.digest'])
    place.writes()
    const { exitCode, stderr } = await place.folder.run(['assemble'], NOWHERE)
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/app image\(linux\/arm\/v7\) \(127\.0\.0\.1:\d+\/team\/app:polyarch-[0-9a-f]{64}\)/)
    expect(stderr).toContain('--only linux/arm/v7')
    expect(stderr).not.toContain('image(linux/amd64)')
    const pruned = await place.folder.run(['prune', '--delete'], NOWHERE)
    expect(pruned).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('no unneeded key tags') })
    expect(place.writes()).toEqual([])
  })

  it('are put together by a third that has no engine, and the index is the same as from one machine', async () => {
    const elsewhere = ['--builder', engine.address]
    expect(await place.folder.run(['--only', 'linux/arm/v7', ...elsewhere], NOWHERE)).toMatchObject({ exitCode: 0 })
    await expect(inspect(name())).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const assembled = await place.folder.run(['assemble', '--metadata-file', 'first.json'], NOWHERE)
    expect(assembled).toMatchObject({ exitCode: 0 })
    const { digest, images } = await inspect(name())
    expect(images.map(({ declared }) => declared)).toEqual([AMD64, ARM])
    const { images: bases } = await inspect(`${place.host}/team/from:1`)
    expect(bases.map(({ declared }) => declared)).toEqual([AMD64, ARM])
    const written = JSON.parse(await readFile(join(place.folder.path, 'first.json'), 'utf8')) as BuildMetadata
    expect(written).toMatchObject({
      app: {
        'image.name': `${name()},${place.host}/team/app:latest`,
        'containerimage.digest': digest,
        sharedBase: { 'image.name': `${place.host}/team/from:1` },
        'containerimage.descriptor': { digest, mediaType: 'application/vnd.oci.image.index.v1+json' },
        platforms: Object.fromEntries(
          images.map((image) => [formatPlatform(image.declared ?? AMD64), { 'containerimage.digest': image.digest }]),
        ),
      },
    })
    expect(written['app']?.platforms['linux/arm/v7']?.['containerimage.config.digest']).toMatch(/^sha256:/)
    const alone = await place.folder.run(['--json'], NOWHERE)
    expect(alone).toMatchObject({ exitCode: 0 })
    expect(JSON.parse(alone.stdout)).toMatchObject({ tags: [{}, { to: digest }, { from: digest, to: digest }] })
  })

  it('must be built from the current files', async () => {
    const before = (await inspect(name())).digest
    await place.folder.write({ [join('app', 'Dockerfile')]: `${DOCKERFILE}ENV MORE=1\n` })
    const { exitCode, stderr } = await place.folder.run(['assemble'], NOWHERE)
    expect(exitCode).toBe(1)
    expect(stderr).toContain('--only linux/amd64, --only linux/arm/v7')
    expect((await inspect(name())).digest).toBe(before)
  })

  it('have their record put under another tag, and every name back, by one command and with no engine', async () => {
    const { digest } = await inspect(name())
    const promoted = await place.folder.run(['promote', 'first.json', 'stable'], NOWHERE)
    expect(promoted).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(digest) })
    expect((await inspect(`${place.host}/team/app:stable`)).digest).toBe(digest)
    await copy(`${place.host}/team/app:stable`, name(), { platforms: ['linux/amd64'], allowRemoval: true })
    expect((await inspect(name())).digest).not.toBe(digest)
    expect(await place.folder.run(['promote', 'first.json'], NOWHERE)).toMatchObject({ exitCode: 0 })
    expect((await inspect(name())).digest).toBe(digest)
    const refused = await place.folder.run(['--metadata-file', 'nowhere/there.json'], NOWHERE)
    expect(refused).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("'nowhere/there.json' cannot be written"),
    })
  })
})
