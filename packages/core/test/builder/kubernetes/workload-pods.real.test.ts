import { expect, it } from 'vitest'
import { CONTEXT, NAMESPACE, startKubernetes, type TestPod } from '../../../../../test/support/kubernetes/cluster.js'
import { openBuilders } from '../../../src/builder/builders.js'
import { readyPods } from '../../../src/builder/kubernetes/workload-pods.js'

const PODS: readonly TestPod[] = [
  { name: 'b-1', labels: { app: 'b' }, containers: ['proxy', 'buildkitd'] },
  { name: 'b-0', labels: { app: 'b' } },
  { name: 'b-2', labels: { app: 'b' }, isReady: false },
  { name: 'b-3', labels: { app: 'b' }, isEnding: true },
  { name: 'other', labels: { app: 'c' } },
]

it.each(['Deployment', 'StatefulSet'] as const)('the ready pods of a %s are builders', async (kind) => {
  const selector = { matchLabels: { app: 'b' } }
  await using cluster = await startKubernetes({ pods: PODS, workloads: [{ kind, name: 'buildkitd', selector }] })
  const { env } = cluster
  expect(await readyPods(`kubernetes://${encodeURIComponent(CONTEXT)}/${NAMESPACE}/buildkitd`, { env })).toEqual([
    'kube-pod://b-0?namespace=builds&context=test%2Fcluster',
    'kube-pod://b-1?container=buildkitd&namespace=builds&context=test%2Fcluster',
  ])
  expect(await readyPods('kubernetes:///buildkitd?container=x', { env })).toEqual([
    'kube-pod://b-0?container=x',
    'kube-pod://b-1?container=x',
  ])
})

it('reads selectors by expressions', async () => {
  const selector = { matchExpressions: [{ key: 'app', operator: 'In', values: ['c', 'd'] }] }
  const workloads = [{ kind: 'Deployment', name: 'buildkitd', selector }] as const
  await using cluster = await startKubernetes({ pods: PODS, workloads })
  expect(await readyPods('kubernetes:///buildkitd', { env: cluster.env })).toEqual(['kube-pod://other'])
})

it('reports missing workloads, contexts and programs', async () => {
  const workloads = [{ kind: 'Deployment', name: 'idle', selector: { matchLabels: { app: 'none' } } }] as const
  await using cluster = await startKubernetes({ pods: PODS, workloads })
  const messageOf = (address: string, env = cluster.env) =>
    readyPods(address, { env }).then(
      () => '',
      ({ message }: Error) => message,
    )
  expect(await messageOf('kubernetes:///gone')).toBe('kubernetes:///gone is neither a Deployment nor a StatefulSet')
  expect(await messageOf('kubernetes:///idle')).toBe('none of the 0 pods of kubernetes:///idle is ready')
  expect(await messageOf('kubernetes://nowhere/ci/idle')).toContain('context "nowhere" does not exist')
  expect(await messageOf('kubernetes:///idle', { PATH: '/nonexistent' })).toBe(
    "builders on Kubernetes require the program 'kubectl'",
  )
})

it('a cluster that does not answer fails as one builder, without affecting others', async () => {
  const env = { PATH: '/nonexistent' }
  await using engines = openBuilders(
    { builders: [{ host: 'kubernetes://ci/gone', env }, 'unix:///nonexistent.sock'] },
    { env: process.env },
  )
  const all = await engines.all()
  expect(all.map(({ name }) => name)).toEqual(['kubernetes://ci/gone', 'unix:///nonexistent.sock'])
  await expect(all[0]?.describe()).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' })
})
