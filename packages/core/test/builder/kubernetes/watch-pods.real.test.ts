import { expect, it, vi } from 'vitest'
import { NAMESPACE, startKubernetes } from '../../../../../test/support/kubernetes/cluster.js'
import { openBuilders } from '../../../src/builder/builders.js'
import { type PodChange, watchPods } from '../../../src/builder/kubernetes/watch-pods.js'

const FLEET = `kubernetes://${NAMESPACE}/fleet`
const labels = { app: 'b' }
const workloads = [{ kind: 'Deployment', name: 'fleet', selector: { matchLabels: labels } }] as const
const address = (pod: string) => `kube-pod://${pod}?namespace=${NAMESPACE}`

it('reports pods that become ready, that are drained, and that are gone', async () => {
  await using cluster = await startKubernetes({ workloads, pods: [{ name: 'b-0', labels }] })
  const changes: PodChange[] = []
  const stop = new AbortController()
  const call = { env: cluster.env, signal: stop.signal }
  const watching = watchPods(FLEET, call, [address('b-0'), address('b-gone')], (change) => changes.push(change))
  const reported = (pod: string, isReady: boolean) =>
    vi.waitUntil(() => changes.some((one) => one.address === address(pod) && one.isReady === isReady), 20_000)
  await reported('b-0', true)
  cluster.setPod({ name: 'b-1', labels, isReady: false })
  cluster.setPod({ name: 'other', labels: { app: 'c' } })
  await reported('b-1', false)
  cluster.setPod({ name: 'b-1', labels })
  await reported('b-1', true)
  cluster.setPod({ name: 'b-1', labels, isEnding: true })
  cluster.removePod('b-0')
  await reported('b-0', false)
  // What went away before the watch began.
  await reported('b-gone', false)
  expect(changes.findLast((one) => one.address === address('b-1'))?.isReady).toBe(false)
  expect(changes.some((one) => one.address === address('other'))).toBe(false)
  stop.abort()
  await watching
})

it('starts again when the watch ends', async () => {
  await using cluster = await startKubernetes({ workloads })
  const changes: PodChange[] = []
  const stop = new AbortController()
  const watching = watchPods(FLEET, { env: cluster.env, signal: stop.signal }, [], (change) => changes.push(change))
  await vi.waitUntil(() => cluster.requests.some((path) => path.includes('watch=true')), 20_000)
  cluster.endWatches()
  cluster.setPod({ name: 'b-0', labels })
  await vi.waitUntil(() => changes.some((one) => one.address === address('b-0')), 20_000)
  stop.abort()
  await watching
})

it('reports builders that join and leave, each once', async () => {
  await using cluster = await startKubernetes({ workloads, pods: [{ name: 'b-0', labels }] })
  const options = { host: FLEET, env: cluster.env }
  await using engines = openBuilders({ builders: [options] }, { env: process.env })
  const [first] = await engines.all()
  const stop = new AbortController()
  const changes: string[] = []
  const canGrow = engines.watch(({ builder, change }) => changes.push(`${builder.name} ${change}`), stop.signal)
  expect(canGrow).toBe(true)
  cluster.setPod({ name: 'b-1', labels })
  await vi.waitUntil(() => changes.length === 1, 20_000)
  cluster.setPod({ name: 'b-1', labels })
  cluster.setPod({ name: 'b-0', labels, isEnding: true })
  await vi.waitUntil(() => changes.length > 1, 20_000)
  expect(changes).toEqual([`${address('b-1')} joined`, `${first?.name} left`])
  stop.abort()
})
