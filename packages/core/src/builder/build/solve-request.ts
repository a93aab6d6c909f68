import { scannerOf } from '../../definition/declare/attestation-options.js'
import type { CacheDefinition } from '../../definition/declare/cache-options.js'
import { formatPlatform } from '../../model/platform.js'
import { withProxyArgs } from '../../registry/auth/docker-proxies.js'
import type { SolveRequest } from '../buildkit/control.js'
import type { CacheEntry } from '../buildkit/control-schema.js'
import { neededEntitlements } from '../features.js'
import type { BuilderFeatures, BuilderInfo, BuildRequest } from '../port.js'

/** BuildKit's own frontend for Dockerfiles. */
export const DOCKERFILE_FRONTEND = 'dockerfile.v0'

/** The parts of a solve request that do not depend on its exporter. */
export function solveRequest(
  request: BuildRequest,
  { features, address }: Pick<BuilderInfo, 'features' | 'address'>,
): Omit<SolveRequest, 'ref' | 'session' | 'exporter'> {
  const { pins, cacheTo = [] } = request
  const args = withProxyArgs(request.args, request.proxies, address)
  return {
    frontend: DOCKERFILE_FRONTEND,
    frontendAttributes: frontendAttributes({ ...request, args }, features),
    cacheExports: cacheTo.map(cacheEntry),
    entitlements: neededEntitlements(request),
    ...(features.sourcePolicy && {
      sourceReplacements: pins.map(({ name, pinned }) => ({ from: imageSource(name), to: imageSource(pinned) })),
    }),
  }
}

/** @see https://github.com/moby/buildkit/blob/v0.20.0/frontend/dockerui/config.go */
function frontendAttributes(
  { dockerfile, platform, noCache, cacheFrom = [], attest = {}, ...request }: BuildRequest,
  { sourcePolicy, attestations }: BuilderFeatures,
): Readonly<Record<string, string>> {
  const scanner = scannerOf(attest)
  const { target, network, addHosts = [], shmSize, ulimits = [], args = {}, labels = {}, contexts = {} } = request
  return {
    filename: sourcePolicy ? dockerfile.file : dockerfile.pinnedFile,
    platform: formatPlatform(platform),
    ...(target !== undefined && { target }),
    ...(noCache && { 'no-cache': noCache === true ? '' : noCache.join(',') }),
    // Only the frontend imports caches.
    ...(cacheFrom.length > 0 && { 'cache-imports': JSON.stringify(cacheFrom.map(cacheEntry)) }),
    ...(request.pull && { 'image-resolve-mode': 'pull' }),
    ...(network !== undefined && { 'force-network-mode': network }),
    ...(addHosts.length > 0 && { 'add-hosts': addHosts.map(hostEntry).join(',') }),
    ...(shmSize !== undefined && { 'shm-size': String(shmSize) }),
    ...(ulimits.length > 0 && { ulimit: ulimits.map(({ name, soft, hard }) => `${name}=${soft}:${hard}`).join(',') }),
    ...(attestations && attest.provenance !== undefined && { 'attest:provenance': `mode=${attest.provenance}` }),
    ...(scanner !== undefined && { 'attest:sbom': `generator=${scanner}` }),
    ...prefixed('build-arg:', args),
    ...prefixed('label:', labels),
    ...prefixed('context:', contexts),
  }
}

function prefixed(prefix: string, values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]))
}

/** Converts `host:ip` to the frontend's `host=ip`; an IPv6 address has colons, and may be in brackets. */
function hostEntry(pair: string): string {
  const at = pair.search(/[:=]/)
  return `${pair.slice(0, at)}=${pair.slice(at + 1).replace(/^\[(.*)\]$/, '$1')}`
}

function imageSource(name: string): string {
  return `docker-image://${name}`
}

function cacheEntry({ type, attributes }: CacheDefinition): CacheEntry {
  return { Type: type, Attrs: attributes }
}
