import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { runProgram } from '../child.js'
import { tempFolder } from '../temp-folder.js'
import { NAMESPACE, startKubernetes, type TestCluster } from './cluster.js'

const LABELS = { app: 'fleet' }

const DEPLOYMENT = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'fleet', namespace: NAMESPACE, labels: LABELS },
  spec: {
    replicas: 2,
    selector: { matchLabels: LABELS },
    template: {
      metadata: { labels: LABELS },
      spec: { containers: [{ name: 'buildkitd', image: 'moby/buildkit' }] },
    },
  },
}

/** The standard output of `kubectl`. Rejects if it fails. */
async function kubectl({ env }: Pick<TestCluster, 'env'>, ...args: readonly string[]): Promise<string> {
  return (await runProgram('kubectl', args, { env })).stdout.trim()
}

/** Applies an object from a file, as users do. */
async function apply(cluster: TestCluster, object: unknown): Promise<string> {
  await using folder = await tempFolder('kubectl')
  const file = join(folder.path, 'object.json')
  await writeFile(file, JSON.stringify(object))
  return await kubectl(cluster, 'apply', '--filename', file)
}

/** Runs `kubectl exec` with an input. */
async function exec({ env }: TestCluster, args: readonly string[], input: string, more: NodeJS.ProcessEnv = {}) {
  const child = spawn('kubectl', ['exec', '--stdin', 'pod-0', '--', ...args], { env: { ...env, ...more } })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (data: Buffer) => {
    output.stdout += data
  })
  child.stderr.on('data', (data: Buffer) => {
    output.stderr += data
  })
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number]
  return { ...output, code }
}

it('lists and reads objects, in each form', async () => {
  const pods = [{ name: 'pod-0', labels: LABELS }, { name: 'pod-1' }]
  const selector = { matchLabels: LABELS }
  const workloads = [{ kind: 'StatefulSet', name: 'fleet', selector }] as const
  await using cluster = await startKubernetes({ pods, workloads })
  expect(await kubectl(cluster, 'get', 'pods', '--output=name')).toBe('pod/pod-0\npod/pod-1')
  expect(await kubectl(cluster, 'get', 'pods', '--output=name', '--selector=app=fleet')).toBe('pod/pod-0')
  expect(await kubectl(cluster, 'get', 'pods', '--output=name', '--selector=app notin (fleet)')).toBe('pod/pod-1')
  expect(await kubectl(cluster, 'get', 'pods')).toMatch(/^NAME\s[^\n]*\npod-0\s[^\n]*\npod-1\s[^\n]*$/)
  expect(await kubectl(cluster, 'get', 'deployments,statefulsets', '--output=name')).toBe('statefulset.apps/fleet')
  expect(parse(await kubectl(cluster, 'get', 'pod', 'pod-0', '--output=yaml'))).toMatchObject({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'pod-0', namespace: NAMESPACE, labels: LABELS },
  })
  expect(parse(await kubectl(cluster, 'get', 'pods', '--output=yaml')).items).toHaveLength(2)
  await expect(kubectl(cluster, 'get', 'pod', 'gone')).rejects.toMatchObject({
    stderr: expect.stringContaining('not found'),
  })
  expect(await kubectl(cluster, 'get', 'pod', 'gone', '--ignore-not-found')).toBe('')
})

it('applies, follows and deletes objects', async () => {
  await using cluster = await startKubernetes({ podPath: '/nonexistent' })
  expect(await apply(cluster, DEPLOYMENT)).toBe('deployment.apps/fleet created')
  expect(await apply(cluster, DEPLOYMENT)).toBe('deployment.apps/fleet unchanged')
  const fewer = { ...DEPLOYMENT, spec: { ...DEPLOYMENT.spec, replicas: 1 } }
  expect(await apply(cluster, fewer)).toBe('deployment.apps/fleet configured')
  expect(await kubectl(cluster, 'rollout', 'status', 'deployment/fleet')).toContain('successfully rolled out')
  expect((await kubectl(cluster, 'get', 'pods', '--output=name')).split('\n')).toHaveLength(1)
  const { spec } = parse(await kubectl(cluster, 'get', 'deployment', 'fleet', '--output=yaml'))
  expect(spec).toEqual(fewer.spec)
  expect(await kubectl(cluster, 'delete', 'deployment', 'fleet')).toMatch(/^deployment\.apps "fleet" deleted/)
  expect(await kubectl(cluster, 'get', 'deployments,pods', '--output=name')).toBe('')
})

it('reports what changes to a watch, from what exists on', async () => {
  await using cluster = await startKubernetes({ pods: [{ name: 'pod-0' }] })
  const args = [
    'get',
    'pods',
    '--watch',
    '--output-watch-events',
    '--output=jsonpath={.type} {.object.metadata.name}\n',
  ]
  const watch = spawn('kubectl', args, { env: cluster.env, stdio: ['ignore', 'pipe', 'ignore'] })
  let output = ''
  watch.stdout.on('data', (data: Buffer) => {
    output += data
  })
  const until = (text: string) => vi.waitUntil(() => output === text, 20_000)
  await until('ADDED pod-0\n')
  cluster.setPod({ name: 'pod-1' })
  await until('ADDED pod-0\nADDED pod-1\n')
  cluster.setPod({ name: 'pod-1', isReady: false })
  await until('ADDED pod-0\nADDED pod-1\nMODIFIED pod-1\n')
  cluster.removePod('pod-0')
  await until('ADDED pod-0\nADDED pod-1\nMODIFIED pod-1\nDELETED pod-0\n')
  watch.kill()
  await once(watch, 'close')
})

it.each([
  ['WebSockets', 'true'],
  ['SPDY', 'false'],
])('runs commands in pods by %s, with their streams and their status', async (_name, value) => {
  const more = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: value }
  await using cluster = await startKubernetes({ pods: [{ name: 'pod-0', path: '/nonexistent' }] })
  const large = 'line of input\n'.repeat(100_000)
  expect(await exec(cluster, ['cat'], large, more)).toEqual({ stdout: large, stderr: '', code: 0 })
  const failed = await exec(cluster, ['sh', '-c', 'echo out; echo err >&2; exit 7'], '', more)
  expect(failed).toMatchObject({ stdout: 'out\n', stderr: expect.stringContaining('err\n'), code: 7 })
  expect(cluster.requests.some((path) => path.includes('/pods/pod-0/exec?'))).toBe(true)
})
