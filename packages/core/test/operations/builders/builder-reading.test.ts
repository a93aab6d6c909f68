import { describe, expect, it } from 'vitest'
import { type BuilderFlagTexts, readBuilderFlags } from '../../../src/cli/builder-flag-values.js'
import type { DefinitionError } from '../../../src/model/errors.js'
import type { BuilderManifestOptions } from '../../../src/operations/builders/builder-options.js'
import { readBuilderDefinition } from '../../../src/operations/builders/builder-reading.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const ARM64 = { os: 'linux', architecture: 'arm64' }
const ARMV7 = { os: 'linux', architecture: 'arm', variant: 'v7' }

it('options of a platform set are added to those of the builder, and replace equal ones', () => {
  const options: BuilderManifestOptions = {
    replicas: 2,
    nodeSelector: { pool: 'builds', 'example.com/disk': 'fast' },
    tolerations: [{ key: 'builds' }],
    requests: { cpu: '500m', memory: '1.5Gi' },
    limits: { memory: '8Gi' },
    rootless: true,
    config: 'debug = true',
    qemu: true,
    platformSets: [
      { platforms: ['linux/amd64'] },
      {
        platforms: ['arm64', 'arm/v7'],
        replicas: 4,
        nodeSelector: { pool: 'arm' },
        tolerations: [{ key: 'arch', value: 'arm', effect: 'NoSchedule' }],
        requests: { cpu: '2' },
        limits: { 'ephemeral-storage': '20Gi' },
      },
    ],
  }
  expect(readBuilderDefinition('fleet', options)).toEqual({
    name: 'fleet',
    platformSets: [
      {
        platforms: [AMD64],
        replicas: 2,
        nodeSelector: { pool: 'builds', 'example.com/disk': 'fast' },
        tolerations: [{ key: 'builds' }],
        requests: { cpu: '500m', memory: '1.5Gi' },
        limits: { memory: '8Gi' },
      },
      {
        platforms: [ARM64, ARMV7],
        replicas: 4,
        nodeSelector: { pool: 'arm', 'example.com/disk': 'fast' },
        tolerations: [{ key: 'builds' }, { key: 'arch', value: 'arm', effect: 'NoSchedule' }],
        requests: { cpu: '2', memory: '1.5Gi' },
        limits: { memory: '8Gi', 'ephemeral-storage': '20Gi' },
      },
    ],
    image: 'moby/buildkit:buildx-stable-1-rootless',
    rootless: true,
    config: 'debug = true',
    emulatorImage: 'tonistiigi/binfmt:latest',
  })
})

it.each<[BuilderManifestOptions, string]>([
  [{ replicas: 0 }, "replicas: '0' is not valid"],
  [{ replicas: 2.5 }, "replicas: '2.5' is not valid"],
  [{ image: 'a b' }, "image: 'a b' is not an image"],
  [{ qemu: '' }, "qemu: '' is not an image"],
  [{ platformSets: [] }, 'platformSets: is empty'],
  [{ platformSets: [{ platforms: [] }] }, 'platformSets[0].platforms: is empty'],
  [
    { platformSets: [{ platforms: ['linux/amd63'] }] },
    'platformSets[0].platforms: buildkitd has no image for linux/amd63',
  ],
  [
    { platformSets: [{ platforms: ['windows/amd64'] }] },
    'platformSets[0].platforms: buildkitd has no image for windows/amd64',
  ],
  [
    { platformSets: [{ platforms: ['linux/amd64', 'linux/arm/v7'] }] },
    'platforms: cluster nodes of linux/amd64 do not run linux/arm/v7 natively',
  ],
  [
    { platformSets: [{ platforms: ['linux/amd64'], replica: 2 } as { readonly platforms: string[] }] },
    'platformSets[0].replica: does not exist',
  ],
  [{ platformSets: [{ platforms: ['linux/amd64'], replicas: -1 }] }, "platformSets[0].replicas: '-1' is not valid"],
  [{ nodeSelector: { '-': 'x' } }, "nodeSelector: '-=x' is not a label"],
  [{ nodeSelector: { pool: 'a=b' } }, "nodeSelector: 'pool=a=b' is not a label"],
  [{ tolerations: [{ key: 'a', effect: 'Never' as 'NoExecute' }] }, "tolerations: 'a:Never' is not a toleration"],
  [{ requests: { cpu: 'two' } }, "requests: 'cpu=two' is not a quantity"],
])('%j is rejected', (options, message) => {
  expect(messagesOf(() => readBuilderDefinition('fleet', options))).toEqual([message])
})

it('a name that leaves no room for that of a pod is refused', () => {
  expect(messagesOf(() => readBuilderDefinition('f'.repeat(46), {}))[0]).toContain('is longer than 45 characters')
})

it('all issues are reported together', () => {
  expect(messagesOf(() => readBuilderDefinition('fleet', { replicas: 0, requests: { a: '' } }))).toHaveLength(2)
})

describe('flags', () => {
  it('are for all platform sets, or for the one whose platform is written before the value', () => {
    const flags: BuilderFlagTexts = {
      platform: ['linux/amd64', 'arm64,arm/v7'],
      replicas: ['3', 'linux/arm64=6'],
      nodeSelector: ['pool=builds', 'linux/arm64=pool=arm', 'kubernetes.io/os=linux'],
      toleration: ['builds', 'linux/arm64=arch=arm:NoSchedule', 'spot:NoExecute'],
      request: ['cpu=500m', 'linux/amd64=cpu=4'],
      limit: ['ephemeral-storage=20Gi'],
      rootless: true,
      qemu: true,
    }
    expect(readBuilderFlags(flags)).toEqual({
      replicas: 3,
      nodeSelector: { pool: 'builds', 'kubernetes.io/os': 'linux' },
      tolerations: [{ key: 'builds' }, { key: 'spot', effect: 'NoExecute' }],
      requests: { cpu: '500m' },
      limits: { 'ephemeral-storage': '20Gi' },
      platformSets: [
        { platforms: ['linux/amd64'], requests: { cpu: '4' } },
        {
          platforms: ['arm64', 'arm/v7'],
          replicas: 6,
          nodeSelector: { pool: 'arm' },
          tolerations: [{ key: 'arch', value: 'arm', effect: 'NoSchedule' }],
        },
      ],
      rootless: true,
      qemu: true,
    })
  })

  it.each<[BuilderFlagTexts, string]>([
    [{ replicas: ['many'] }, "--replicas: 'many' is not a number"],
    [{ replicas: ['2', '3'] }, "--replicas: '3' is a second number"],
    [{ replicas: ['linux/arm64=2'] }, "--replicas: 'linux/arm64=2' is for a platform set that does not exist"],
    [{ nodeSelector: ['pool'] }, "--node-selector: 'pool' is not valid"],
    [{ limit: ['memory'] }, "--limit: 'memory' is not valid"],
  ])('%j is rejected', (flags, message) => {
    expect(messagesOf(() => readBuilderFlags(flags))).toEqual([message])
  })
})

function messagesOf(read: () => unknown): readonly string[] {
  try {
    read()
    return []
  } catch (error) {
    return (error as DefinitionError).issues.map(({ path, message }) => `${path}: ${message}`)
  }
}
