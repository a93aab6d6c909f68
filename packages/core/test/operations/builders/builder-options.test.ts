import { expect, it } from 'vitest'
import type { DefinitionError } from '../../../src/model/errors.js'
import { type BuilderOptionTexts, readBuilderDefinition } from '../../../src/operations/builders/builder-options.js'

it('reads all flags', () => {
  const texts: BuilderOptionTexts = {
    platform: ['linux/amd64', 'arm64,arm/v7'],
    replicas: '3',
    nodeSelector: ['pool=builds', 'example.com/disk=fast'],
    toleration: ['builds', 'arch=arm', 'arch=arm:NoSchedule', 'spot:NoExecute'],
    request: ['cpu=500m', 'memory=1.5Gi'],
    limit: ['ephemeral-storage=20Gi'],
    rootless: true,
    qemu: true,
  }
  expect(readBuilderDefinition('fleet', texts, 'debug = true')).toEqual({
    name: 'fleet',
    platformSets: [
      [{ os: 'linux', architecture: 'amd64' }],
      [
        { os: 'linux', architecture: 'arm64' },
        { os: 'linux', architecture: 'arm', variant: 'v7' },
      ],
    ],
    image: 'moby/buildkit:buildx-stable-1-rootless',
    replicas: 3,
    nodeSelector: { pool: 'builds', 'example.com/disk': 'fast' },
    tolerations: [
      { key: 'builds' },
      { key: 'arch', value: 'arm' },
      { key: 'arch', value: 'arm', effect: 'NoSchedule' },
      { key: 'spot', effect: 'NoExecute' },
    ],
    requests: { cpu: '500m', memory: '1.5Gi' },
    limits: { 'ephemeral-storage': '20Gi' },
    rootless: true,
    config: 'debug = true',
    emulatorImage: 'tonistiigi/binfmt:latest',
  })
})

it.each<[BuilderOptionTexts, string]>([
  [{ replicas: '0' }, "--replicas: '0' is not valid"],
  [{ replicas: '2.5' }, "--replicas: '2.5' is not valid"],
  [{ image: 'a b' }, "--image: 'a b' is not an image"],
  [{ qemuImage: '' }, "--qemu-image: '' is not an image"],
  [{ platform: ['linux/amd63'] }, '--platform: buildkitd has no image for linux/amd63'],
  [{ platform: ['windows/amd64'] }, '--platform: buildkitd has no image for windows/amd64'],
  [
    { platform: ['linux/amd64,linux/arm/v7'] },
    '--platform: cluster nodes of linux/amd64 do not run linux/arm/v7 natively',
  ],
  [{ nodeSelector: ['pool'] }, "--node-selector: 'pool' is not valid"],
  [{ nodeSelector: ['-=x'] }, "--node-selector: '-=x' is not valid"],
  [{ toleration: ['a=b:Never'] }, "--toleration: 'a=b:Never' is not a toleration"],
  [{ request: ['cpu=two'] }, "--request: 'cpu=two' is not a quantity"],
  [{ limit: ['memory'] }, "--limit: 'memory' is not valid"],
])('%o is refused', (texts, message) => {
  expect(messagesOf(() => readBuilderDefinition('fleet', texts))).toContain(message)
})

it('a name that leaves no room for that of a pod is refused', () => {
  expect(messagesOf(() => readBuilderDefinition('f'.repeat(46), {}))[0]).toContain('is longer than 45 characters')
})

it('all issues are reported together', () => {
  expect(messagesOf(() => readBuilderDefinition('fleet', { replicas: 'x', request: ['a'] }))).toHaveLength(3)
})

function messagesOf(read: () => unknown): readonly string[] {
  try {
    read()
    return []
  } catch (error) {
    return (error as DefinitionError).issues.map(({ path, message }) => `${path}: ${message}`)
  }
}
