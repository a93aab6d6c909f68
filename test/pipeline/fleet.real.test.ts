import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { execute, fromImage, pipeline, platform, type RunEvent } from '../../packages/core/src/index.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { makeBridge } from '../support/bridge.js'
import { Cleanup } from '../support/cleanup.js'
import { NAMESPACE, startKubernetes } from '../support/kubernetes/cluster.js'
import { buildctlFolder } from '../support/kubernetes/pod-program.js'
import { newerEngine } from '../support/newer-engine.js'
import { tempFolder } from '../support/temp-folder.js'
import { startGate } from './gate.js'
import { AMD64, pushBase, writeContext } from './project.js'

const labels = { app: 'fleet' }
const NODES = ['node-0', 'node-1', 'node-2'] as const
const BUILDS = 6
const address = (pod: string) => `kube-pod://${pod}?namespace=${NAMESPACE}`

/** A BuildKit of its own, in a pod of the fleet. */
async function startNode(cleanup: Cleanup) {
  const engine = cleanup.use(await newerEngine())
  return { engine, path: cleanup.use(await buildctlFolder(engine.socketPath)).path }
}

function ofKind<K extends RunEvent['kind']>(events: readonly RunEvent[], kind: K) {
  return events.filter((event): event is Extract<RunEvent, { readonly kind: K }> => event.kind === kind)
}

it('of three nodes, one is killed, one is drained, and another joins in the middle of builds', async () => {
  await using cleanup = new Cleanup()
  const { path } = cleanup.use(await tempFolder('fleet'))
  const { address: host } = cleanup.use(await makeBridge())
  const registry = cleanup.use(await startRegistry({ directory: join(path, 'registry'), host }))
  const gate = cleanup.use(await startGate())
  const nodes = await Promise.all(NODES.map(() => startNode(cleanup)))
  const workloads = [{ kind: 'Deployment', name: 'fleet', selector: { matchLabels: labels } }] as const
  const pods = NODES.map((name, at) => ({ name, labels, ...(nodes[at] && { path: nodes[at].path }) }))
  const cluster = cleanup.use(await startKubernetes({ workloads, pods }))
  const base = await pushBase(
    { ...registry, repository: 'base' },
    { platform: AMD64, files: { unheard: randomUUID() } },
  )
  const context = await writeContext(
    join(path, 'context'),
    `ARG BASE_IMAGE\nFROM \${BASE_IMAGE}\nARG NAME\nRUN ${gate.command('$NAME')}`,
  )
  const apps = Array.from({ length: BUILDS }, (_, at) =>
    pipeline(`${registry.host}/app${at}`)
      .platforms(platform('amd64', { base: fromImage(base) }))
      .build({ context, network: 'host', args: { NAME: `app${at}` } })
      .tags('1'),
  )
  const events: RunEvent[] = []
  const run = execute(...apps, {
    builders: [{ host: `kubernetes://${NAMESPACE}/fleet`, env: cluster.env }],
    registryClient: { insecureHosts: [registry.host] },
    buildConcurrency: 2,
    onEvent: (event) => events.push(event),
  })
  run.catch(() => {})
  await gate.waitFor(BUILDS, run)
  const startedOn = (pod: string) =>
    ofKind(events, 'node-started')
      .filter((event) => event.engine === address(pod))
      .map(({ node }) => node)
  expect(NODES.map((pod) => startedOn(pod).length)).toEqual([2, 2, 2])

  cluster.setPod({ name: 'node-1', labels, isEnding: true })
  await vi.waitUntil(() => ofKind(events, 'builder-left').some(({ engine }) => engine === address('node-1')), 20_000)
  // A node that is drained goes on with its builds until it ends.
  expect(gate.waiting()).toHaveLength(BUILDS)
  await nodes[0]?.engine[Symbol.asyncDispose]()
  cluster.removePod('node-1')
  const spare = await startNode(cleanup)
  cluster.setPod({ name: 'node-3', labels, path: spare.path })
  await vi.waitUntil(() => ofKind(events, 'node-reassigned').length >= 2, 60_000)
  gate.open()

  const report = await run
  expect(report.outcome).toBe('succeeded')
  const moves = ofKind(events, 'node-reassigned')
  expect(moves.map(({ node }) => node).toSorted()).toEqual([...startedOn('node-0'), ...startedOn('node-1')].toSorted())
  expect(ofKind(events, 'builder-joined').map(({ engine }) => engine)).toEqual([address('node-3')])
  const used = new Set(report.nodes.flatMap(({ engine }) => engine ?? []))
  expect(used).toEqual(new Set([address('node-2'), address('node-3')]))
  for (const { name } of ofKind(events, 'planned').flatMap(({ plan }) =>
    plan.tags.map((tag) => ({ name: tag.reference })),
  ))
    expect((await inspect(name, { registryClient: { insecureHosts: [registry.host] } })).images).toHaveLength(1)
})
