import { randomUUID } from 'node:crypto'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { startFaultProxy } from '../../packages/core/test/registry/fault-proxy.js'
import { appText, digestAt, type Stage, stage } from '../cli/stage.js'
import { busyboxImage } from '../support/busybox-image.js'
import { Cleanup } from '../support/cleanup.js'
import { pushTinyImage } from '../support/push-tiny.js'
import { startGate } from './gate.js'
import { AMD64 } from './project.js'

const cleanup = new Cleanup()
let set: Stage
beforeEach(async () => {
  set = cleanup.use(await stage())
})
afterAll(() => cleanup[Symbol.asyncDispose]())

interface ReportedNode {
  readonly node: string
  readonly outcome: string
}

async function runAgain(): Promise<ReadonlyMap<string, string>> {
  const { exitCode, stdout, stderr } = await set.folder.run(['--json'])
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
  const { nodes } = JSON.parse(stdout) as { readonly nodes: readonly ReportedNode[] }
  return new Map(nodes.map(({ node, outcome }) => [node, outcome]))
}

describe('a killed run', () => {
  it('sets no tag if killed between two images, and the next run builds only the missing image', async () => {
    await using gate = await startGate()
    await set.folder.writeBuild(appText(set.host).replace("context: 'app'", "context: 'app', network: 'host'"))
    const wait = `RUN test "$(uname -m)" = x86_64 || ${gate.command('arm')}`
    await set.folder.write({ 'app/Dockerfile': `ARG BASE_IMAGE\nFROM \${BASE_IMAGE}\n${wait}\n` })
    {
      await using killed = set.folder.start(['--verbose'])
      await Promise.all([killed.says(/image\(linux\/amd64\): done/), gate.waitFor(['arm'], killed.ended)])
    }
    gate.open()
    expect(await digestAt(set.url, 'team/app', '1.0')).toBeUndefined()
    const outcomes = await runAgain()
    expect(Object.fromEntries(outcomes)).toEqual({
      'app base(linux/amd64)': 'reused',
      'app base(linux/arm/v7)': 'reused',
      'app base index': 'reused',
      'app image(linux/amd64)': 'reused',
      'app image(linux/arm/v7)': 'made',
      'app index': 'made',
    })
    expect(await digestAt(set.url, 'team/app', '1.0')).toMatch(/^sha256:/)
  })

  it('pushes no manifest if killed while copying a base, and the next run copies the base', async () => {
    await using elsewhere = await stage()
    await using proxy = await startFaultProxy(elsewhere.host)
    const image = await busyboxImage({ platform: AMD64, files: { unheard: randomUUID() } })
    await pushTinyImage({ ...elsewhere, repository: 'held' }, image, '1')
    await set.folder.writeBuild(`
      const app = pipeline('${set.host}/team/app')
        .platforms(platform('amd64', { base: fromImage('${proxy.host}/held:1') }))
        .build({ context: 'app' })
        .tags('1.0')
      run(app)
    `)
    set.requests()
    {
      await using killed = set.folder.start([])
      const asksForLayer = new Promise<void>((resolve) => {
        proxy.plan(async ({ path }) => {
          if (!path.endsWith(image.layer.descriptor.digest)) return undefined
          resolve()
          await killed.ended
          return { kind: 'lose-request' }
        })
      })
      await Promise.all([killed.says(/base\(linux\/amd64\): started/), asksForLayer])
    }
    proxy.plan(() => undefined)
    expect(await digestAt(set.url, 'team/app', '1.0')).toBeUndefined()
    expect(set.requests().filter((request) => /^PUT .*\/manifests\//.test(request))).toEqual([])
    const outcomes = await runAgain()
    expect([...outcomes.values()]).toEqual(['made', 'made', 'made', 'made'])
    expect(await digestAt(set.url, 'team/app', '1.0')).toMatch(/^sha256:/)
  })
})
