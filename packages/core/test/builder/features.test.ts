import { expect, it } from 'vitest'
import { unsupportedOptions } from '../../src/builder/features.js'
import type { BuilderFeatures } from '../../src/builder/port.js'

const old: BuilderFeatures = {
  sourcePolicy: false,
  namedContexts: false,
  limits: false,
  pushes: false,
  rawNames: true,
  cacheExports: new Set(['inline']),
}
const current: BuilderFeatures = {
  sourcePolicy: true,
  namedContexts: true,
  limits: true,
  pushes: true,
  rawNames: false,
  cacheExports: new Set(['inline', 'registry']),
}
const limits = { shmSize: 1024, ulimits: [{ name: 'nofile', soft: 1, hard: 2 }] }
const registryCache = { cacheTo: [{ type: 'registry', attributes: { ref: 'r.example.com/cache' } }] }

it.each([
  [old, limits, ['shmSize', 'ulimits']],
  [old, { ulimits: [], cacheTo: [{ type: 'inline', attributes: {} }] }, []],
  [old, registryCache, ['cacheTo type=registry']],
  [old, { contexts: { other: 'docker-image://alpine' } }, ['contexts']],
  [current, { ...limits, ...registryCache, contexts: { other: 'docker-image://alpine' } }, []],
])('features %j lack what %j needs: %j', (features, use, options) => {
  expect(unsupportedOptions({ features }, use).map(({ option }) => option)).toEqual(options)
})
