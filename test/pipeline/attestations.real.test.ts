import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { execute, fromImage, type Pipeline, pipeline, plan, platform, prune } from '../../packages/core/src/index.js'
import { MEDIA_TYPES } from '../../packages/core/src/model/oci.js'
import type { ImageIndex, ImageManifest } from '../../packages/core/src/registry/index.js'
import { ENGINES, engineHost } from '../../packages/core/test/builder/engines.js'
import { Cleanup } from '../support/cleanup.js'
import { type DebianRegistry, startDebianRegistry } from '../support/debian-registry.js'
import { AMD64, ARM, pushBase } from './project.js'

const ACCEPT = [MEDIA_TYPES.ociIndex, MEDIA_TYPES.ociManifest].join(', ')

describe.each(ENGINES)('attestations of builds on %s', (name) => {
  const cleanup = new Cleanup()
  let host: string
  let registry: DebianRegistry
  let app: Pipeline

  beforeAll(async () => {
    host = cleanup.use(await engineHost(name)).host
    registry = cleanup.use(await startDebianRegistry())
    const [wide = '', narrow = ''] = await Promise.all(
      [AMD64, ARM].map((one) => pushBase({ ...registry, repository: `base-${one.architecture}` }, { platform: one })),
    )
    app = pipeline(`${registry.host}/app`)
      .platforms(
        platform('amd64', { base: fromImage(wide) }),
        platform('arm', { variant: 'v7', base: fromImage(narrow) }),
      )
      .build({ context: false, dockerfileInline: 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nRUN true > /built\n' })
      .build({ network: 'none', attest: { provenance: 'max' } })
      .tags('1')
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  async function read<Content>(path: string): Promise<Content> {
    const response = await fetch(`${registry.url}/v2/app/${path}`, { headers: { accept: ACCEPT } })
    if (!response.ok) throw new Error(`${path}: ${response.status}`)
    return (await response.json()) as Content
  }

  it('are listed behind the images, name them, and stay with what is reused', async () => {
    if (name !== 'a newer engine with the containerd image store') {
      await expect(execute(app, { engine: { host } })).rejects.toMatchObject({
        code: 'ENGINE_UNSUPPORTED',
        message: expect.stringMatching(/does not support the build option attest$/),
      })
      return
    }
    await execute(app, { engine: { host } })
    const { manifests } = await read<ImageIndex>('manifests/1')
    const images = manifests.slice(0, 2)
    expect(images.map(({ platform: one }) => one?.architecture).sort()).toEqual(['amd64', 'arm'])
    expect(manifests.slice(2)).toMatchObject(
      images.map(({ digest }) => ({
        platform: { os: 'unknown', architecture: 'unknown' },
        annotations: {
          'vnd.docker.reference.type': 'attestation-manifest',
          'vnd.docker.reference.digest': digest,
        },
      })),
    )
    for (const [at, { digest }] of manifests.slice(2).entries()) {
      const { config, layers } = await read<ImageManifest>(`manifests/${digest}`)
      const [layer] = layers
      expect(layers).toHaveLength(1)
      expect(layer?.annotations?.['in-toto.io/predicate-type']).toMatch(/^https:\/\/slsa\.dev\/provenance\//)
      const statement = await read<{ subject: { digest: { sha256: string } }[] }>(`blobs/${layer?.digest}`)
      expect(statement.subject.map((one) => `sha256:${one.digest.sha256}`)).toContain(images[at]?.digest)
      expect(await read(`blobs/${config.digest}`)).toMatchObject({ rootfs: { diff_ids: [layer?.digest] } })
    }

    // Nothing is pruned, and nothing is made again.
    expect(await prune(app, {})).toEqual([])
    const { nodes, tags } = await plan(app, { engine: { host } })
    expect(nodes.filter(({ kind }) => kind === 'image').map(({ why }) => why)).toEqual([
      [{ kind: 'present' }],
      [{ kind: 'present' }],
    ])
    expect(tags.map(({ action }) => action)).toEqual(['keep'])
    const other = app.build({ attest: { provenance: 'min' } })
    expect((await plan(other, { engine: { host } })).nodes.find(({ kind }) => kind === 'image')?.why).toEqual([
      { kind: 'setting-changed', name: 'attest' },
    ])
    expect((await plan(app.build({ attest: {} }), { engine: { host } })).tags[0]?.action).not.toBe('keep')
  })
})
