import type { BuilderFeatures } from '../../src/builder/port.js'

/** The features of a builder: those of engine 28.5 with the containerd image store, without caches and entitlements. */
export function builderFeatures(changes: Partial<BuilderFeatures> = {}): BuilderFeatures {
  return {
    sourcePolicy: true,
    namedContexts: true,
    layouts: true,
    attestations: true,
    limits: true,
    pushes: true,
    rawNames: false,
    cacheImports: new Set(),
    cacheExports: new Set(),
    entitlements: new Set(),
    ...changes,
  }
}
