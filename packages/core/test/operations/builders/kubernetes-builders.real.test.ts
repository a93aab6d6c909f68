import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, vi } from 'vitest'
import { NAMESPACE, startKubernetes, type TestCluster } from '../../../../../test/support/kubernetes/cluster.js'
import type { KubernetesObject } from '../../../../../test/support/kubernetes/object-store.js'
import { tempFolder } from '../../../../../test/support/temp-folder.js'
import { readyPods } from '../../../src/builder/kubernetes/workload-pods.js'
import { main } from '../../../src/cli/main.js'
import { builderManifests, createBuilder, listBuilders, removeBuilder } from '../../../src/operations/builders/index.js'

const FLEET = `kubernetes://${NAMESPACE}/fleet`
const PLATFORMS = ['--platform', 'linux/amd64', '--platform', 'linux/arm64,linux/arm/v7'] as const
const POD_PATH = '/nonexistent'

const SETS = [{ platforms: ['linux/amd64'] }, { platforms: ['linux/arm64', 'linux/arm/v7'], replicas: 2 }]

async function createFleet(address: string): Promise<readonly string[]> {
  const changes = await createBuilder(address, {
    platformSets: [{ platforms: ['linux/amd64'] }, { platforms: ['linux/arm64', 'linux/arm/v7'], replicas: 2 }],
    wait: true,
  })
  return changes.map(({ name, change }) => `${name}: ${change}`)
}

async function builder(cluster: Pick<TestCluster, 'env'>, ...words: readonly string[]) {
  const written = { stdout: '', stderr: '' }
  const stream = (name: keyof typeof written) => ({
    write(text: string) {
      written[name] += text
    },
  })
  const host = {
    argv: ['node', 'build.ts', 'builder', ...words],
    env: cluster.env,
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    exitCode: undefined as number | undefined,
    on: () => {},
    off: () => {},
  }
  await main([], host)
  return { ...written, exitCode: host.exitCode ?? 0 }
}

/** What users wrote of an object: nothing that the server adds. */
function written({ metadata, status: _, ...rest }: KubernetesObject) {
  const { uid: _uid, resourceVersion: _version, generation: _generation, ...kept } = metadata
  return { ...rest, metadata: kept }
}

function allWritten(cluster: TestCluster) {
  return [...cluster.objects('configmaps'), ...cluster.objects('deployments')].map(written)
}

it('creates a builder that a run finds by its address, lists it, and removes it', async () => {
  await using cluster = await startKubernetes({ podPath: POD_PATH })
  const created = await builder(cluster, 'create', FLEET, ...PLATFORMS, '--replicas', '2', '--wait')
  expect(created).toEqual({
    stdout: 'deployment.apps/fleet-amd64  created\ndeployment.apps/fleet-arm64  created\n',
    stderr: '',
    exitCode: 0,
  })
  expect(await readyPods(FLEET, { env: cluster.env })).toHaveLength(4)
  const listed = await builder(cluster, 'list', `kubernetes://${NAMESPACE}`)
  expect(listed.stdout).toContain(`${FLEET}  linux/amd64               2/2`)
  expect(listed.stdout).toContain(`${FLEET}  linux/arm64,linux/arm/v7  2/2`)
  const removed = await builder(cluster, 'remove', FLEET)
  expect(removed.stdout).toBe('deployment.apps/fleet-amd64  deleted\ndeployment.apps/fleet-arm64  deleted\n')
  expect(cluster.objects('pods')).toEqual([])
  expect((await builder(cluster, 'list')).stdout).toContain('no builders')
})

it('platform sets have pods of their own', async () => {
  await using cluster = await startKubernetes({ podPath: POD_PATH })
  const own = ['--replicas', '1', '--replicas', 'linux/arm64=3', '--request', 'linux/arm64=cpu=2'] as const
  await builder(cluster, 'create', FLEET, ...PLATFORMS, ...own, '--wait')
  const deployments = cluster.objects('deployments').map(({ metadata, spec }) => [metadata.name, spec])
  expect(deployments).toMatchObject([
    ['fleet-amd64', { replicas: 1 }],
    ['fleet-arm64', { replicas: 3 }],
  ])
  expect(JSON.stringify(deployments[0])).not.toContain('"requests"')
  expect(JSON.stringify(deployments[1])).toContain('"requests":{"cpu":"2"}')
})

it('code creates, lists and removes a builder as the command line does', async () => {
  await using cluster = await startKubernetes({ podPath: POD_PATH })
  await using other = await startKubernetes({ podPath: POD_PATH })
  await builder(other, 'create', FLEET, ...PLATFORMS, '--replicas', 'linux/arm64=2')
  for (const name of ['PATH', 'HOME', 'KUBECONFIG']) vi.stubEnv(name, cluster.env[name])
  try {
    expect(await createFleet(FLEET)).toEqual(['fleet-amd64: created', 'fleet-arm64: created'])
    expect(allWritten(cluster)).toEqual(allWritten(other))
    const manifests = await builderManifests(FLEET, { platformSets: SETS })
    expect(manifests.map(({ kind, metadata }) => [kind, metadata.name])).toEqual([
      ['Deployment', 'fleet-amd64'],
      ['Deployment', 'fleet-arm64'],
    ])
    expect(await listBuilders(`kubernetes://${NAMESPACE}`)).toMatchObject([
      { address: FLEET, deployments: [{ readyReplicas: 1 }, { readyReplicas: 2 }] },
    ])
    expect(await removeBuilder(FLEET)).toMatchObject([{ change: 'deleted' }, { change: 'deleted' }])
  } finally {
    vi.unstubAllEnvs()
  }
})

it('a dry run prints what kubectl applies to the same effect, and changes nothing', async () => {
  await using folder = await tempFolder('builder')
  const config = join(folder.path, 'buildkitd.toml')
  await writeFile(config, '[worker.oci]\n  max-parallelism = 2\n')
  const flags = [FLEET, ...PLATFORMS, '--config', config, '--qemu', '--toleration', 'arch=arm:NoSchedule'] as const
  await using created = await startKubernetes({ podPath: POD_PATH })
  await using applied = await startKubernetes({ podPath: POD_PATH })
  const { stdout } = await builder(applied, 'create', ...flags, '--dry-run', '-o', 'yaml')
  expect(applied.requests).toEqual([])
  await builder(created, 'create', ...flags)
  const file = join(folder.path, 'builder.yaml')
  await writeFile(file, stdout)
  await promisify(execFile)('kubectl', ['apply', '--filename', file], { env: applied.env })
  expect(allWritten(created)).toHaveLength(3)
  expect(allWritten(applied)).toEqual(allWritten(created))
  // By what kubectl has applied, polyarch has nothing to do.
  const again = await builder(applied, 'create', ...flags, '--json')
  const changes = JSON.parse(again.stdout) as readonly { readonly change: string }[]
  expect(changes.map(({ change }) => change)).toEqual(['unchanged', 'unchanged', 'unchanged'])
})

it('a builder that is created again is changed, and loses what its new definition does not have', async () => {
  await using folder = await tempFolder('builder')
  const config = join(folder.path, 'buildkitd.toml')
  await writeFile(config, 'debug = true\n')
  await using cluster = await startKubernetes({ podPath: POD_PATH })
  await builder(cluster, 'create', FLEET, ...PLATFORMS, '--config', config)
  const before = cluster.objects('pods').map(({ metadata }) => metadata.name)
  const { stdout } = await builder(cluster, 'create', FLEET, '--image', 'example.com/buildkit:2', '--wait')
  expect(stdout.split('\n').toSorted()).toEqual([
    '',
    'configmap/fleet-config       deleted',
    'deployment.apps/fleet        created',
    'deployment.apps/fleet-amd64  deleted',
    'deployment.apps/fleet-arm64  deleted',
  ])
  const after = cluster.objects('pods').map(({ metadata }) => metadata.name)
  expect(after).toHaveLength(1)
  expect(before).not.toContain(after[0])
})

it('objects that polyarch did not create are neither changed nor removed', async () => {
  const workloads = [{ kind: 'Deployment', name: 'fleet', selector: { matchLabels: { app: 'b' } } }] as const
  await using cluster = await startKubernetes({ workloads })
  const created = await builder(cluster, 'create', FLEET)
  expect(created.exitCode).toBe(1)
  expect(created.stderr).toContain("the Deployment 'fleet' exists, and was not created by polyarch for this builder")
  const removed = await builder(cluster, 'remove', FLEET)
  expect(removed.exitCode).toBe(1)
  expect(removed.stderr).toContain(`${FLEET} is not a builder that polyarch created`)
  expect(cluster.objects('deployments').map(({ metadata }) => [metadata.name, metadata.labels])).toEqual([
    ['fleet', undefined],
  ])
})

it('rejects malformed addresses and missing files', async () => {
  await using cluster = await startKubernetes({})
  const errorOf = async (...words: readonly string[]) => (await builder(cluster, ...words)).stderr
  expect(await errorOf('create', 'fleet')).toContain("Kubernetes builder address 'fleet' is not valid")
  expect(await errorOf('list', 'kubernetes://a/b/c')).toContain('write kubernetes://[CONTEXT/]NAMESPACE')
  expect(await errorOf('create', FLEET, '--config', '/nonexistent')).toContain("'/nonexistent' cannot be read")
  expect(await errorOf('create', 'kubernetes://nowhere/ci/fleet')).toContain('context "nowhere" does not exist')
})
