import { expect, it } from 'vitest'
import { unsupportedOptions } from '../../src/builder/features.js'
import type { BuilderFeatures } from '../../src/builder/port.js'
import { builderFeatures } from './builder-features.js'

const old: BuilderFeatures = {
  sourcePolicy: false,
  namedContexts: false,
  layouts: false,
  attestations: false,
  limits: false,
  pushes: false,
  rawNames: true,
  cacheImports: new Set(['registry']),
  cacheExports: new Set(['inline']),
  entitlements: new Set(),
}
const current = builderFeatures({
  cacheImports: new Set(['registry', 'local']),
  cacheExports: new Set(['inline', 'registry']),
  entitlements: new Set(['network.host', 'security.insecure']),
})
const image = { kind: 'image' as const, name: 'docker.io/library/alpine:latest' }
const layout = { kind: 'layout' as const, directory: '/layout' }
const limits = { shmSize: 1024, ulimits: [{ name: 'nofile', soft: 1, hard: 2 }] }
const caches = {
  cacheFrom: ['registry', 'local'].map((type) => ({ type, attributes: {} })),
  cacheTo: ['registry', 'inline', 'registry'].map((type) => ({ type, attributes: {} })),
}

it.each([
  [old, limits, ['shmSize', 'ulimits']],
  [old, { ulimits: [], cacheTo: [{ type: 'inline', attributes: {} }] }, []],
  [old, caches, ['cacheFrom (type=local)', 'cacheTo (type=registry)']],
  [old, { contexts: { other: image } }, ['contexts']],
  [{ ...current, layouts: false }, { contexts: { image, layout } }, ['contexts (oci-layout)']],
  [old, { attest: { provenance: 'max' as const } }, []],
  [old, { attest: { sbom: { format: 'spdx' as const } } }, []],
  [old, { attest: { sbom: { generator: 'scanner' } } }, ['attest (sbom.generator)']],
  [old, { cache: 'registry' as const }, ["cache: 'registry'"]],
  [current, { cache: 'registry' as const }, []],
  [old, { network: 'host' }, ['the entitlement network.host']],
  [old, { entitlements: ['security.insecure' as const] }, ['the entitlement security.insecure']],
  [
    current,
    { ...limits, ...caches, network: 'host', contexts: { image, layout }, attest: { sbom: { generator: 'scanner' } } },
    [],
  ],
])('features %j lack what %j needs: %j', (features, use, options) => {
  expect(unsupportedOptions({ features }, use).map(({ option }) => option)).toEqual(options)
})

it('reports how to allow an entitlement', () => {
  const [found] = unsupportedOptions({ features: old }, { entitlements: ['security.insecure'] })
  expect(found?.hint).toContain('"security-insecure": true')
})

it('reports the first engine that has a feature: Engine 24 has BuildKit 0.11', () => {
  const hints = unsupportedOptions({ features: old }, { ...limits, contexts: { other: image } }).map(({ hint }) => hint)
  expect(hints).toEqual(
    ['shmSize', 'ulimits', 'contexts'].map((one) => `remove ${one}, or use Docker Engine 24 or newer`),
  )
})

it('reports the oldest supported engine with the containerd image store', () => {
  const use = { ...caches, cache: 'registry' as const, attest: { sbom: { generator: 'scanner' } } }
  const hints = [
    ...unsupportedOptions({ features: old }, use),
    ...unsupportedOptions({ features: { ...current, layouts: false } }, { contexts: { layout } }),
  ].map(({ hint }) => hint)
  const named = hints.filter((hint) => hint.includes('containerd'))
  expect(named).toHaveLength(4)
  for (const hint of named) expect(hint).toContain('Docker Engine 27.5 and newer with the containerd image store')
})
