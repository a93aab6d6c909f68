import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { execute, fromImage, type Pipeline, pipeline, platform } from '../../packages/core/src/index.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { type FaultProxy, startFaultProxy } from '../../packages/core/test/registry/fault-proxy.js'
import { runProgram } from '../support/child.js'
import { Cleanup } from '../support/cleanup.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, ARM, pushBase, writeContext } from './project.js'
import { missingBelow } from './published.js'

const cleanup = new Cleanup()
let urls: readonly string[]
let here: FaultProxy
let elsewhere: FaultProxy
let app: (repository: string) => Pipeline

beforeAll(async () => {
  const { path } = cleanup.use(await tempFolder('publishing'))
  const registries = []
  for (const name of ['here', 'elsewhere']) {
    registries.push(cleanup.use(await startRegistry({ directory: join(path, name) })))
  }
  urls = registries.map(({ url }) => url)
  const proxies = []
  for (const { host } of registries) proxies.push(cleanup.use(await startFaultProxy(host)))
  ;[here, elsewhere] = proxies as [FaultProxy, FaultProxy]
  const target = { url: urls[0] ?? '', host: here.host }
  const wide = await pushBase({ ...target, repository: 'wide' }, { platform: AMD64 })
  const narrow = await pushBase({ ...target, repository: 'narrow' }, { platform: ARM })
  const context = await writeContext(join(path, 'context'), 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}')
  app = (repository) =>
    pipeline(`${here.host}/${repository}`)
      .platforms(
        platform('amd64', { base: fromImage(wide) }),
        platform('arm', { variant: 'v7', base: fromImage(narrow) }),
      )
      .build({ context })
})
afterAll(() => cleanup[Symbol.asyncDispose]())

describe('one run', () => {
  const names = () => [
    `${here.host}/team/app:1.0`,
    `${here.host}/mirror/app:1.0`,
    `${elsewhere.host}/team/app:1.0`,
    `${elsewhere.host}/team/app:latest`,
  ]
  const one = () => app('team/app').tags('1.0', ...names().slice(1))

  /** Of each upload to a repository that was finished, the digest. */
  const uploads = ({ seen }: FaultProxy, repository: string) =>
    seen.flatMap(({ method, path }) => {
      const { pathname, searchParams } = new URL(path, 'http://registry.example.com')
      const isFinal = method === 'PUT' && pathname.startsWith(`/v2/${repository}/blobs/`)
      return isFinal ? [searchParams.get('digest')] : []
    })

  it('publishes to several repositories and registries, each blob mounted, or sent once', async () => {
    const report = await execute(one())
    expect(report.tags.map(({ reference }) => reference)).toEqual(names())
    const digests = await Promise.all(names().map(async (name) => (await inspect(name)).digest))
    expect(new Set(digests).size).toBe(1)
    for (const [at, repository] of [
      [0, 'mirror/app'],
      [1, 'team/app'],
    ] as const) {
      expect(await missingBelow(urls[at] ?? '', repository)).toEqual([])
    }
    expect(uploads(here, 'mirror/app')).toEqual([])
    const sent = uploads(elsewhere, 'team/app')
    expect(sent.length).toBeGreaterThan(3)
    expect(new Set(sent).size).toBe(sent.length)
  })

  it('writes nothing anywhere if all of them are as they should be', async () => {
    const before = [here, elsewhere].map(({ seen }) => seen.length)
    const { tags } = await execute(one(), { engine: { host: 'unix:///nowhere/docker.sock' } })
    expect(tags.every(({ from, to }) => from === to)).toBe(true)
    const asked = [here, elsewhere].flatMap(({ seen }, at) => seen.slice(before[at]))
    expect(asked.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([])
  })

  it('brings back one of them alone, and builds nothing for it', async () => {
    const [, , moved = ''] = names()
    await fetch(`${urls[1]}/v2/team/app/manifests/1.0`, { method: 'DELETE' })
    const { nodes, tags } = await execute(one(), { engine: { host: 'unix:///nowhere/docker.sock' } })
    expect([...new Set(nodes.map(({ outcome }) => outcome))]).toEqual(['reused'])
    expect(tags.filter(({ from, to }) => from !== to).map(({ reference }) => reference)).toEqual([moved])
  })
})

describe('two runs at once', () => {
  it('never give a list of images from both: one of them has the name, whole', async () => {
    const of = (who: string) =>
      app('shared')
        .build({ args: { JOBS: who }, labels: { run: who } })
        .tags('1.0')
    const settled = await Promise.allSettled(['a', 'b'].map((who) => execute(of(who))))
    const refused = settled.filter((one) => one.status === 'rejected')
    // The protocol has no compare-and-swap: one may see what the other has done, or win after it.
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'TAG_MOVED' })
    expect(refused.length).toBeLessThan(2)
    const labels = await Promise.all(
      [AMD64, ARM].map(async ({ architecture }) => {
        const name = `docker://${here.host}/shared:1.0`
        const options = ['--tls-verify=false', '--config', '--override-arch', architecture]
        const { stdout } = await runProgram('skopeo', ['inspect', ...options, name])
        const { config } = JSON.parse(stdout) as { config: { Labels: Record<string, string> } }
        return config.Labels['run']
      }),
    )
    expect(new Set(labels).size).toBe(1)
    expect(await missingBelow(urls[0] ?? '', 'shared')).toEqual([])
  })
})
