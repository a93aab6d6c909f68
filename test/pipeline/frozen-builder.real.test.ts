import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import {
  CancelledError,
  execute,
  fromImage,
  type Pipeline,
  pipeline,
  platform,
  type RunEvent,
} from '../../packages/core/src/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { Cleanup } from '../support/cleanup.js'
import { type FreezableRelay, startFreezableRelay } from '../support/freezable-relay.js'
import { tempFolder } from '../support/temp-folder.js'
import { type Gate, startGate } from './gate.js'
import { AMD64, pipelineFor, pushBase, writeContext } from './project.js'

const cleanup = new Cleanup()
const engine = process.env['DOCKER_HOST'] ?? ''
let directory: string
let registry: { readonly host: string; readonly url: string }
let base: string
let gate: Gate

beforeAll(async () => {
  directory = cleanup.use(await tempFolder('frozen-builder')).path
  registry = cleanup.use(await startRegistry({ directory: join(directory, 'registry') }))
  base = await pushBase({ ...registry, repository: 'base' }, { platform: AMD64, files: { unheard: randomUUID() } })
  gate = cleanup.use(await startGate())
})
afterAll(() => cleanup[Symbol.asyncDispose]())

async function appNamed(name: string, repository = name): Promise<Pipeline> {
  const waiting = `RUN ${gate.command(name)}`
  const context = await writeContext(join(directory, name), `ARG BASE_IMAGE\nFROM \${BASE_IMAGE}\n${waiting}`)
  return pipeline(`${registry.host}/${repository}`)
    .platforms(platform('amd64', { base: fromImage(base) }))
    .build({ context, network: 'host' })
    .tags('1')
}

async function frozenOnce(name: string, run: Promise<unknown>, relay: FreezableRelay): Promise<void> {
  run.catch(() => {})
  await gate.waitFor([name], run)
  relay.freeze()
}

it('a builder that stops answering is given up, and its build goes to another one', async () => {
  const relay = await startFreezableRelay(engine.replace(/^unix:\/\//, ''))
  onTestFinished(() => relay[Symbol.asyncDispose]())
  const events: RunEvent[] = []
  const onEvent = (event: RunEvent) => {
    events.push(event)
    if (event.kind === 'node-reassigned') gate.open()
  }
  const builders = [relay.address, engine]
  const app = await pipelineFor(relay.address, builders, (at) => appNamed('moved', `moved${at}`))
  const run = execute(app, { builders, onEvent })
  await frozenOnce('moved', run, relay)
  const { nodes } = await run
  gate.close()
  expect(events.filter(({ kind }) => kind === 'node-reassigned')).toMatchObject([
    { engine, error: { code: 'ENGINE_UNREACHABLE', message: expect.stringContaining('no answer within 30 seconds') } },
  ])
  expect(nodes.find(({ kind }) => kind === 'image')).toMatchObject({ outcome: 'made', engine })
})

// Less than the 30 seconds in which a builder is given up: the run must not wait for that.
it('a run that is cancelled does not wait for a builder that stops answering', { timeout: 25_000 }, async () => {
  const relay = await startFreezableRelay(engine.replace(/^unix:\/\//, ''))
  onTestFinished(() => relay[Symbol.asyncDispose]())
  const stop = new AbortController()
  const run = execute(await appNamed('cancelled'), { builders: [relay.address], signal: stop.signal })
  await frozenOnce('cancelled', run, relay)
  stop.abort()
  await expect(run).rejects.toBeInstanceOf(CancelledError)
})
