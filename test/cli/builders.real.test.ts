import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type BuildKitRelay, startBuildKitRelay } from '../support/buildkit-relay.js'
import { Cleanup } from '../support/cleanup.js'
import { newerEngine } from '../support/newer-engine.js'
import { tempFolder } from '../support/temp-folder.js'
import { type Stage, stage } from './stage.js'
import type { Variables } from './user-folder.js'

const cleanup = new Cleanup()
let set: Stage
let relay: BuildKitRelay
/** A buildkitd. */
let socket: string

beforeAll(async () => {
  set = cleanup.use(await stage())
  const engine = cleanup.use(await newerEngine())
  socket = join(cleanup.use(await tempFolder('builders')).path, 'buildkitd.sock')
  relay = cleanup.use(await startBuildKitRelay(engine.socketPath, { as: 'buildkitd', path: socket }))
})

afterAll(() => cleanup[Symbol.asyncDispose]())

/** No other builder answers. */
const NOWHERE = { DOCKER_HOST: 'unix:///nowhere/docker.sock' }

it.each<[what: string, args: () => readonly string[], variables: () => Variables]>([
  ['BUILDKIT_HOST', () => [], () => ({ BUILDKIT_HOST: `unix://${socket}` })],
  ['--builder', () => ['--builder', `buildkit+unix://${socket}`], () => ({})],
  ['--engine, the former name', () => ['--engine', `buildkit+unix://${socket}`], () => ({})],
  [
    '--builder in place of BUILDKIT_HOST',
    () => ['--builder', `buildkit+unix://${socket}`],
    () => ({ BUILDKIT_HOST: 'unix:///nowhere/buildkitd.sock' }),
  ],
])('builds on the builder of %s', async (_what, args, variables) => {
  const before = relay.served.length
  const { exitCode, stdout } = await set.folder.run(['--json', '--no-reuse', ...args()], {
    ...NOWHERE,
    ...variables(),
  })
  expect(exitCode).toBe(0)
  const { nodes } = JSON.parse(stdout) as { nodes: readonly { kind: string; engine?: string }[] }
  const engines = nodes.flatMap(({ kind, engine }) => (kind === 'image' ? [engine?.replace('buildkit+', '')] : []))
  expect(engines).toEqual([`unix://${socket}`, `unix://${socket}`])
  expect(relay.served.length).toBeGreaterThan(before)
})

it('the variable of a builder that does not answer is named, and so is a name of nothing', async () => {
  const unreachable = await set.folder.run(['plan', '--no-reuse'], { BUILDKIT_HOST: 'unix:///nowhere/buildkitd.sock' })
  expect(unreachable.exitCode).not.toBe(0)
  expect(unreachable.stdout + unreachable.stderr).toContain('BUILDKIT_HOST: no builder answers')
  const unknown = await set.folder.run(['plan', '--builder', 'nosuch'])
  expect(unknown.stderr).toContain("'nosuch' is neither a docker context nor a buildx builder")
  expect(unknown.stderr).toContain('docker contexts: default')
})
