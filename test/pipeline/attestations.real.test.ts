import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type ExecuteOptions,
  execute,
  fromImage,
  type Pipeline,
  pipeline,
  plan,
  platform,
  prune,
} from '../../packages/core/src/index.js'
import { MEDIA_TYPES } from '../../packages/core/src/model/oci.js'
import { copy } from '../../packages/core/src/operations/images/index.js'
import type { ImageIndex, ImageManifest } from '../../packages/core/src/registry/index.js'
import { ENGINES, engineHost } from '../../packages/core/test/builder/engines.js'
import { buildxCommand } from '../../scripts/setup/newer-engine.mjs'
import { sidProgramPath } from '../../scripts/setup/sid-programs.mjs'
import { runProgram } from '../support/child.js'
import { Cleanup } from '../support/cleanup.js'
import { COSIGN_PASSWORD, type Cosign, cosignKeyPair, OFFLINE, openCosign } from '../support/cosign.js'
import { type DebianRegistry, startDebianRegistry } from '../support/debian-registry.js'
import { AMD64, ARM, pushBase } from './project.js'

const ACCEPT = [MEDIA_TYPES.ociIndex, MEDIA_TYPES.ociManifest].join(', ')
const PROVENANCE = 'https://slsa.dev/provenance/v1'
const ATTESTED = 'vnd.docker.reference.digest'

interface ReadStatement {
  readonly predicateType: string
  readonly subject: readonly { readonly digest: { readonly sha256: string } }[]
  readonly predicate: {
    readonly buildDefinition: {
      readonly externalParameters: object
      readonly resolvedDependencies: readonly { readonly digest: object; readonly annotations?: object }[]
    }
    readonly runDetails: {
      readonly builder: { readonly version: object }
      readonly metadata?: { readonly invocationId: string }
    }
  }
}

describe.each(ENGINES)('attestations of builds on %s', (name) => {
  const cleanup = new Cleanup()
  const isNewest = name === 'a newer engine with the containerd image store'
  let registry: DebianRegistry
  let cosign: Cosign
  let app: Pipeline
  let ofBases: (armArgs?: Readonly<Record<string, string>>) => Pipeline
  let options: ExecuteOptions

  beforeAll(async () => {
    const { host } = cleanup.use(await engineHost(name))
    registry = cleanup.use(await startDebianRegistry())
    cosign = cleanup.use(await openCosign())
    await cosignKeyPair(cosign)
    const password = COSIGN_PASSWORD
    options = {
      engine: { host },
      directory: cosign.folder,
      sign: { key: { file: 'cosign.key' }, password: { value: () => password } },
    }
    const [wide = '', narrow = ''] = await Promise.all(
      [AMD64, ARM].map((one) => pushBase({ ...registry, repository: `base-${one.architecture}` }, { platform: one })),
    )
    ofBases = (armArgs = {}) =>
      pipeline(`${registry.host}/app`)
        .platforms(
          platform('amd64', { base: fromImage(wide) }),
          platform('arm', { variant: 'v7', base: fromImage(narrow), build: { args: armArgs } }),
        )
        .build({ context: false, dockerfileInline: 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nARG A\nRUN true > /built\n' })
        .build({ network: 'none', args: { A: 'b' }, attest: { provenance: 'max', sbom: true } })
        .tags('1')
    app = ofBases()
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())
  beforeEach(() => inJob(1))
  afterEach(() => vi.unstubAllEnvs())

  /** Runs what follows as a job of GitLab. */
  function inJob(number: number): void {
    vi.stubEnv('GITHUB_RUN_ID', undefined)
    vi.stubEnv('CI_JOB_URL', jobUrl(number))
  }
  const jobUrl = (number: number) => `https://gitlab.example.com/team/app/-/jobs/${number}`

  /** The images of an index and their runs, in the statements on it that cosign has verified. */
  async function verifiedRuns(reference: string): Promise<readonly object[]> {
    const args = ['verify-attestation', ...OFFLINE, '--key', 'cosign.pub', '--type', PROVENANCE] as const
    const lines = (await cosign.run(...args, reference)).trim().split('\n')
    return lines.map((line) => {
      const { payload } = JSON.parse(line) as { readonly payload: string }
      const { predicate } = JSON.parse(Buffer.from(payload, 'base64').toString()) as ReadStatement
      return predicate.buildDefinition.resolvedDependencies.map(({ digest, annotations }) => ({ digest, annotations }))
    })
  }

  async function read<Content>(path: string, repository = 'app'): Promise<Content> {
    const response = await fetch(`${registry.url}/v2/${repository}/${path}`, { headers: { accept: ACCEPT } })
    if (!response.ok) throw new Error(`${path}: ${response.status}`)
    return (await response.json()) as Content
  }

  /** The statements of a manifest, by their predicate types. */
  async function statementsOf(digest: string, repository = 'app'): Promise<ReadonlyMap<string, ReadStatement>> {
    const { layers } = await read<ImageManifest>(`manifests/${digest}`, repository)
    const read_ = layers.map(async (layer): Promise<[string, ReadStatement]> => {
      const statement = await read<ReadStatement>(`blobs/${layer.digest}`, repository)
      expect(layer.annotations?.['in-toto.io/predicate-type']).toBe(statement.predicateType)
      return [statement.predicateType, statement]
    })
    return new Map(await Promise.all(read_))
  }

  it('are listed behind the images, name them, and stay with what is reused', async () => {
    await execute(app, options)
    const { manifests } = await read<ImageIndex>('manifests/1')
    const images = manifests.slice(0, 2)
    expect(images.map(({ platform: one }) => one?.architecture).sort()).toEqual(['amd64', 'arm'])
    expect(manifests.slice(2)).toMatchObject(
      images.map(({ digest }) => ({
        platform: { os: 'unknown', architecture: 'unknown' },
        annotations: { 'vnd.docker.reference.type': 'attestation-manifest', [ATTESTED]: digest },
      })),
    )
    for (const [at, { digest }] of manifests.slice(2).entries()) {
      const statements = await statementsOf(digest)
      const own = statements.get(PROVENANCE)
      expect(own?.subject).toEqual([{ digest: { sha256: images[at]?.digest.slice(7) } }])
      expect(own?.predicate.buildDefinition).toMatchObject({
        externalParameters: { pipeline: 'app', args: { A: 'b' } },
        resolvedDependencies: expect.arrayContaining([expect.objectContaining({ name: 'base' })]),
      })
      const version = own?.predicate.runDetails.builder.version
      expect(Object.keys(version ?? {}).sort()).toEqual(['docker-engine', 'polyarch'])
      expect(own?.predicate.runDetails.metadata?.invocationId).toBe(jobUrl(1))
      expect(statements.get('https://spdx.dev/Document')?.predicate).toMatchObject({ spdxVersion: 'SPDX-2.3' })
      // BuildKit's own is carried where there is one.
      const types = [...statements.keys()].filter((type) => type.startsWith('https://slsa.dev/provenance/'))
      expect(types).toHaveLength(isNewest ? 2 : 1)
      for (const { subject } of statements.values())
        expect(subject.map((one) => `sha256:${one.digest.sha256}`)).toContain(images[at]?.digest)
    }

    // Nothing is pruned, and nothing is made or signed again.
    expect(await prune(app, {})).toEqual([])
    const { nodes, tags, signatures = [] } = await plan(app, options)
    expect(nodes.filter(({ kind }) => kind === 'image').map(({ why }) => why)).toEqual([
      [{ kind: 'present' }],
      [{ kind: 'present' }],
    ])
    expect([...tags, ...signatures].map(({ action }) => action)).toEqual(['keep', 'keep', 'keep', 'keep'])
    inJob(2)
    const before = (await registry.requests()).filter((one) => !/^(GET|HEAD) /.test(one)).length
    await execute(app, options)
    expect((await registry.requests()).filter((one) => !/^(GET|HEAD) /.test(one))).toHaveLength(before)
    const other = app.build({ attest: { provenance: 'min' } })
    expect((await plan(other, options)).nodes.find(({ kind }) => kind === 'image')?.why).toEqual([
      { kind: 'setting-changed', name: 'attest' },
    ])
    expect((await plan(app.build({ attest: {} }), options)).tags[0]?.action).not.toBe('keep')
  })

  it('are shown by buildx, and verified by cosign, of images and of the index', async () => {
    const env = { PATH: process.env['PATH'], HOME: cosign.folder, DOCKER_CONFIG: join(cosign.folder, 'docker') }
    const [command, ...first] = buildxCommand()
    const args = ['imagetools', 'inspect', `${registry.host}/app:1`, '--format', '{{json .Provenance}}']
    const { stdout } = await runProgram(command, [...first, ...args], { env })
    expect(Object.keys(JSON.parse(stdout) as object).sort()).toEqual(['linux/amd64', 'linux/arm/v7'])
    expect(stdout).toContain('SLSA')
    const sboms = ['imagetools', 'inspect', `${registry.host}/app:1`, '--format', '{{json .SBOM}}']
    expect((await runProgram(command, [...first, ...sboms], { env })).stdout).toContain('SPDX-2.3')

    const { manifests } = await read<ImageIndex>('manifests/1')
    const names = [
      `${registry.host}/app:1`,
      ...manifests.slice(0, 2).map(({ digest }) => `${registry.host}/app@${digest}`),
    ]
    for (const image of names) {
      const verified = await cosign.run(
        'verify-attestation',
        ...OFFLINE,
        '--key',
        'cosign.pub',
        '--type',
        PROVENANCE,
        image,
      )
      const [envelope = ''] = verified.trim().split('\n')
      const { payload } = JSON.parse(envelope) as { readonly payload: string }
      const statement = JSON.parse(Buffer.from(payload, 'base64').toString()) as ReadStatement
      expect(statement.predicateType).toBe(PROVENANCE)
    }
    const sbom = ['verify-attestation', ...OFFLINE, '--key', 'cosign.pub', '--type', 'spdxjson'] as const
    expect(await cosign.run(...sbom, names[1] ?? '')).toContain('payload')
    const tree = await cosign.run('tree', '--allow-http-registry', `${registry.host}/app:1`)
    expect(tree).toContain('https://slsa.dev/provenance/v1')
    const found = await runProgram(sidProgramPath('oras'), ['discover', '--plain-http', `${registry.host}/app:1`])
    expect(found.stdout).toContain('application/vnd.in-toto+json')
  })

  it('on an index name the run of each image, and those of reused images remain', async () => {
    for (const attach of ['index', 'referrer'] as const) {
      const attested = (one: Pipeline) => one.build({ attest: { provenance: 'min', attach } }).tags(`by-${attach}`)
      const entries = async () => (await read<ImageIndex>(`manifests/by-${attach}`)).manifests.slice(0, 2)
      const expected = async (runs: readonly number[]) =>
        (await entries()).map(({ digest }, at) => ({
          digest: { sha256: digest.slice(7) },
          annotations: { invocationId: jobUrl(runs[at] ?? 0) },
        }))
      inJob(3)
      await execute(attested(ofBases({ A: `before ${attach}` })).build({ args: { A: attach } }), options)
      expect(await verifiedRuns(`${registry.host}/app:by-${attach}`)).toEqual([await expected([3, 3])])
      inJob(4)
      const changed = attested(ofBases({ A: `after ${attach}` })).build({ args: { A: attach } })
      await execute(changed, options)
      const both = [await expected([3, 4])]
      expect(await verifiedRuns(`${registry.host}/app:by-${attach}`)).toEqual(both)
      inJob(5)
      const writes = async () => (await registry.requests()).filter((one) => !/^(GET|HEAD) /.test(one)).length
      const before = await writes()
      await execute(changed, options)
      expect(await writes()).toBe(before)
      expect(await verifiedRuns(`${registry.host}/app:by-${attach}`)).toEqual(both)
    }
  })

  it('may be referrers of the images, which go where these go', async () => {
    const described = app.build({ attest: { provenance: 'max', attach: 'referrer' } })
    const referring = described.tags('2', `${registry.host}/far:2`)
    await execute(referring, options)
    await copy(`${registry.host}/app:2`, `${registry.host}/copied:2`)
    for (const repository of ['app', 'far', 'copied']) {
      const { manifests } = await read<ImageIndex>('manifests/2', repository)
      expect(manifests).toHaveLength(2)
      for (const { digest } of manifests) {
        const target = `${registry.host}/${repository}@${digest}`
        const { stdout } = await runProgram(sidProgramPath('oras'), [
          'discover',
          '--plain-http',
          '--format',
          'json',
          target,
        ])
        const { referrers } = JSON.parse(stdout) as { referrers: { digest: string; artifactType: string }[] }
        const attested = referrers.filter(({ artifactType }) => artifactType === 'application/vnd.in-toto+json')
        expect(attested).toHaveLength(1)
        expect((await statementsOf(attested[0]?.digest ?? '', repository)).has(PROVENANCE)).toBe(true)
      }
    }
  })
})
