import { expect, it } from 'vitest'
import type { BuilderDefinition } from '../../../src/builder/kubernetes/builder-definition.js'
import { builderObjects } from '../../../src/builder/kubernetes/builder-objects.js'
import { readBuilderDefinition } from '../../../src/operations/builders/builder-reading.js'

const PLAIN: BuilderDefinition = {
  ...readBuilderDefinition('fleet', {}),
  image: 'example.com/buildkit:1',
}

function podOf(definition: Partial<BuilderDefinition>, at = 0) {
  const objects = builderObjects({ ...PLAIN, ...definition }).filter(({ kind }) => kind === 'Deployment')
  return (objects[at] as unknown as { spec: { template: { spec: Record<string, unknown> } } }).spec.template.spec
}

it('a builder of one platform set is one Deployment of its name', () => {
  expect(builderObjects(PLAIN, 'ci')).toMatchObject([
    {
      kind: 'Deployment',
      metadata: {
        name: 'fleet',
        namespace: 'ci',
        labels: { 'app.kubernetes.io/managed-by': 'polyarch', 'app.kubernetes.io/instance': 'fleet' },
        annotations: { 'polyarch.io/platforms': 'linux/amd64' },
      },
      spec: { replicas: 1 },
    },
  ])
  expect(podOf({})).toMatchObject({
    nodeSelector: { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' },
    containers: [{ name: 'buildkitd', image: 'example.com/buildkit:1', securityContext: { privileged: true } }],
  })
})

it('platform sets are Deployments with selectors that exclude each other', () => {
  const { platformSets } = readBuilderDefinition('fleet', {
    platformSets: [{ platforms: ['amd64'] }, { platforms: ['arm64', 'arm/v7'] }, { platforms: ['arm64'] }],
  })
  const objects = builderObjects({ ...PLAIN, platformSets })
  expect(objects.map(({ metadata }) => metadata.name)).toEqual(['fleet-amd64', 'fleet-arm64', 'fleet-arm64-2'])
  const selectors = objects.map((one) => JSON.stringify((one as { spec: { selector: unknown } }).spec.selector))
  expect(new Set(selectors).size).toBe(3)
})

it('emulators are registered for the platforms that a cluster node does not run', () => {
  const platforms = ['linux/arm64', 'linux/arm/v7', 'linux/riscv64', 'linux/amd64']
  const { platformSets, emulatorImage } = readBuilderDefinition('fleet', {
    platformSets: [{ platforms }],
    qemu: 'example.com/binfmt',
  })
  expect(podOf({ platformSets, emulatorImage: emulatorImage ?? '' })['initContainers']).toEqual([
    {
      name: 'emulators',
      image: 'example.com/binfmt',
      args: ['--install', 'riscv64,amd64'],
      securityContext: { privileged: true },
    },
  ])
})

it('a configuration is mounted, and another one replaces the pods', () => {
  const [map, deployment] = builderObjects({ ...PLAIN, config: 'debug = true\n' })
  const [, other] = builderObjects({ ...PLAIN, config: 'debug = false\n' })
  expect(map).toMatchObject({ kind: 'ConfigMap', data: { 'buildkitd.toml': 'debug = true\n' } })
  const annotations = (one: unknown) =>
    (one as { spec: { template: { metadata: { annotations: object } } } }).spec.template.metadata.annotations
  expect(annotations(deployment)).not.toEqual(annotations(other))
  expect(podOf({ config: 'debug = true\n' })).toMatchObject({
    containers: [{ args: ['--config', '/etc/buildkit/buildkitd.toml'] }],
    volumes: [{ name: 'state' }, { name: 'config', configMap: { name: map?.metadata.name } }],
  })
})

it('rootless pods are not privileged', () => {
  const pod = podOf({ rootless: true })
  expect(JSON.stringify(pod)).not.toContain('privileged')
  expect(pod).toMatchObject({
    containers: [{ args: ['--oci-worker-no-process-sandbox'], securityContext: { runAsUser: 1000 } }],
  })
})

it('each Deployment has the pods of its platform set', () => {
  const definition = readBuilderDefinition('fleet', {
    requests: { cpu: '1' },
    platformSets: [
      { platforms: ['amd64'] },
      { platforms: ['arm64'], replicas: 3, requests: { cpu: '4' }, tolerations: [{ key: 'arch', value: 'arm' }] },
    ],
  })
  const [amd64, arm64] = builderObjects(definition)
  expect(amd64).toMatchObject({ spec: { replicas: 1 } })
  expect(arm64).toMatchObject({ spec: { replicas: 3 } })
  expect(podOf(definition, 0)).toMatchObject({ containers: [{ resources: { requests: { cpu: '1' } } }] })
  expect(podOf(definition, 0)).not.toHaveProperty('tolerations')
  expect(podOf(definition, 1)).toMatchObject({
    containers: [{ resources: { requests: { cpu: '4' } } }],
    tolerations: [{ key: 'arch', operator: 'Equal', value: 'arm' }],
  })
})
