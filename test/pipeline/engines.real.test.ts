import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { pipeline as streams } from 'node:stream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  type ExecuteOptions,
  execute,
  fromImage,
  type Pipeline,
  pipeline,
  plan,
  platform,
  type RunEvent,
} from '../../packages/core/src/index.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { formatPlan } from '../../packages/core/src/report/text/plan-text.js'
import { Cleanup } from '../support/cleanup.js'
import { type NewerEngine, newerEngine } from '../support/newer-engine.js'
import { sshToHere } from '../support/ssh-client.js'
import { tempFolder } from '../support/temp-folder.js'
import { type Gate, startGate } from './gate.js'
import { AMD64, ARM, pipelineFor, pushBase, writeContext } from './project.js'

const NOWHERE = 'unix:///nowhere/docker.sock'

const cleanup = new Cleanup()
let app: Pipeline
let newer: NewerEngine
let gate: Gate
let bySsh: Exclude<NonNullable<ExecuteOptions['builders']>[number], string> & { readonly host: string }
let name: string
let context: string

beforeAll(async () => {
  const { path } = cleanup.use(await tempFolder('engines'))
  const registry = cleanup.use(await startRegistry({ directory: join(path, 'registry') }))
  gate = cleanup.use(await startGate())
  newer = cleanup.use(await newerEngine())
  const ssh = cleanup.use(await sshToHere())
  const socket = (process.env['DOCKER_HOST'] ?? '').replace(/^unix:\/\//, '')
  bySsh = { host: `ssh://${ssh.host}${socket}`, env: ssh.env }
  const files = { unheard: randomUUID() }
  const wide = await pushBase({ ...registry, repository: 'wide' }, { platform: AMD64, files })
  const narrow = await pushBase({ ...registry, repository: 'narrow' }, { platform: ARM, files })
  name = `${registry.host}/app:1`
  const waiting = `RUN ${gate.command('$(uname -m)')}`
  context = await writeContext(join(path, 'context'), `ARG BASE_IMAGE\nFROM \${BASE_IMAGE}\n${waiting}`)
  app = pipeline(`${registry.host}/app`)
    .platforms(
      platform('amd64', { base: fromImage(wide) }),
      platform('arm', { variant: 'v7', base: fromImage(narrow) }),
    )
    .build({
      context,
      network: 'host',
    })
    .tags('1')
})
afterAll(() => cleanup[Symbol.asyncDispose]())

it('are queried for their platforms, and the plan reports which builds what and why, and which does not answer', async () => {
  const planned = await plan(app, { builders: [NOWHERE, newer.address, bySsh] })
  expect(planned.errors).toEqual([])
  expect(planned.notes).toContainEqual(
    expect.stringMatching(/no engine answers at unix:\/\/\/nowhere.*continues without/),
  )
  expect(planned.engines).toMatchObject([
    { engine: NOWHERE, error: { code: 'ENGINE_UNREACHABLE' } },
    { engine: newer.address, version: expect.stringMatching(/^28/), native: AMD64 },
    { engine: bySsh.host, native: AMD64, emulated: expect.arrayContaining([ARM]) },
  ])
  const either = [newer.address, bySsh.host]
  const images = planned.nodes.filter(({ kind }) => kind === 'image')
  expect(images).toMatchObject([
    { platform: AMD64, engine: expect.toBeOneOf(either), execution: 'native', engineReason: 'native' },
    { platform: ARM, engine: expect.toBeOneOf(either), execution: 'emulated', engineReason: 'no-native' },
  ])
  expect(formatPlan(planned)).toContain(`emulated on ${images[1]?.engine}`)
})

it('are not enough if what is left of them may not emulate: reported before anything is sent', async () => {
  const { errors } = await plan(app, { builders: [newer.address, NOWHERE], emulation: 'never' })
  expect(errors).toMatchObject([
    {
      code: 'PLATFORM_NOT_RUNNABLE',
      node: 'app image(linux/arm/v7)',
      hint: expect.stringContaining('allow emulation'),
    },
    { code: 'ENGINE_UNREACHABLE', message: expect.stringContaining(NOWHERE) },
  ])
})

it('get no context, no session and no image if they build nothing', async () => {
  const asked: string[] = []
  const idle = cleanup.use(await recordingEngine(asked))
  const builders = [newer.address, idle.address]
  const one = await pipelineFor(newer.address, builders, (at) =>
    pipeline(name.replace('/app:1', `/one${at}`))
      .platforms(platform('amd64', { base: fromImage(name.replace('/app', '/wide')) }))
      .build({ context, dockerfileInline: 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY say /\n' })
      .tags('1'),
  )
  asked.length = 0
  const { nodes } = await execute(one, { builders })
  expect(nodes.find(({ kind }) => kind === 'image')).toMatchObject({ outcome: 'made', engine: newer.address })
  const paths = asked.map((line) => line.replace(/\/v\d[^/]*/, '').replace(/(\/distribution)\/.*/, '$1'))
  expect(new Set(paths)).toEqual(new Set(['GET /version', 'GET /info', 'POST /grpc', 'GET /distribution']))
})

it('share the builds, and one of them takes over what another was building when it died', async () => {
  const events: RunEvent[] = []
  const engines = [newer.address, bySsh]
  const run = execute(app, { engines, onEvent: (event) => events.push(event) })
  run.catch(() => {})
  await gate.waitFor(['armv7l', 'x86_64'], run)
  const starts = events.filter((event) => event.kind === 'node-started' && event.engine !== undefined)
  expect(starts.map((event) => 'engine' in event && event.engine).sort()).toEqual([bySsh.host, newer.address].sort())
  await newer[Symbol.asyncDispose]()
  gate.open()
  const report = await run
  const moved = events.filter((event) => event.kind === 'node-reassigned')
  expect(moved).toMatchObject([
    { engine: bySsh.host, error: { code: 'ENGINE_UNREACHABLE', message: expect.stringContaining(newer.address) } },
  ])
  expect(report.nodes.filter(({ kind }) => kind === 'image')).toMatchObject([
    { outcome: 'made', engine: bySsh.host, execution: 'native', engineReason: 'native' },
    { outcome: 'made', engine: bySsh.host, execution: 'emulated', engineReason: 'no-native' },
  ])
  expect((await inspect(name)).images).toMatchObject([{ declared: AMD64 }, { declared: ARM }])
  // All is there now, so that no engine is asked for anything.
  const again = await plan(app, { builders: [NOWHERE] })
  expect(again).toMatchObject({ errors: [], notes: [] })
  expect(again).not.toHaveProperty('engines')
})

it('are named once each', async () => {
  await expect(plan(app, { builders: [NOWHERE, NOWHERE] })).rejects.toMatchObject({ code: 'USAGE' })
  await expect(plan(app, { builders: [] })).rejects.toMatchObject({ code: 'USAGE' })
})

/** The engine of this machine behind a port. @param asked - gets the first line of each request */
async function recordingEngine(asked: string[]): Promise<AsyncDisposable & { readonly address: string }> {
  const server = createServer((client) => {
    const engine = connect((process.env['DOCKER_HOST'] ?? '').replace(/^unix:\/\//, ''))
    client.on('data', (chunk) => asked.push(...(/^(?:GET|POST|DELETE) [^ ?]+/.exec(chunk.toString('latin1')) ?? [])))
    streams(client, engine, client, () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    address: `tcp://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.close()
    },
  }
}
