import { scannerOf } from '../definition/declare/attestation-options.js'
import type { BuildDefinition } from '../definition/declare/build-settings.js'
import type { Entitlement } from '../definition/declare/entitlements.js'
import type { BuilderInfo, BuildRequest } from './port.js'

/** An option of a build that a builder cannot carry out, or would ignore without an error. */
export interface UnsupportedOption {
  /** The name in messages: `cacheTo (type=registry)`. */
  readonly option: string
  readonly hint: string
}

/** Parts of a build that require features of a builder. */
export type FeatureUse = Pick<
  BuildRequest,
  'shmSize' | 'ulimits' | 'cacheFrom' | 'cacheTo' | 'network' | 'entitlements'
> &
  Partial<Pick<BuildDefinition, 'contexts' | 'attest' | 'cache'>>

const NEWER = 'use Docker Engine 24 or newer'
const CONTAINERD = 'Docker Engine 27.5 and newer with the containerd image store supports more types'
const CONTAINERD_ATTESTS = 'Docker Engine 27.5 and newer with the containerd image store supports it'
const CONTAINERD_CACHES = 'Docker Engine 27.5 and newer with the containerd image store has it too'
const CONTAINERD_LAYOUTS = 'Docker Engine 27.5 and newer with the containerd image store reads layouts'

const NO_SCANNER: UnsupportedOption = {
  option: 'attest (sbom.generator)',
  hint: `use sbom: true, which needs no scanner; ${CONTAINERD_ATTESTS}`,
}
const NO_REGISTRY_CACHE: UnsupportedOption = {
  option: "cache: 'registry'",
  hint: `remove cache, or use a BuildKit of its own: ${CONTAINERD_CACHES}; cacheTo: ['type=inline'] works on every engine`,
}
const NO_LAYOUTS: UnsupportedOption = {
  option: 'contexts (oci-layout)',
  hint: `copy the layout to a registry and use docker-image://…; ${CONTAINERD_LAYOUTS}`,
}

/** The options of a build that a builder lacks the feature for. */
export function unsupportedOptions(
  { features }: Pick<BuilderInfo, 'features'>,
  use: FeatureUse,
): readonly UnsupportedOption[] {
  const { shmSize, ulimits = [], cacheFrom = [], cacheTo = [], contexts = {} } = use
  const hasLayout = Object.values(contexts).some(({ kind }) => kind === 'layout')
  const newer = (option: string) => ({ option, hint: `remove ${option}, or ${NEWER}` })
  return [
    ...(shmSize !== undefined && !features.limits ? [newer('shmSize')] : []),
    ...(ulimits.length > 0 && !features.limits ? [newer('ulimits')] : []),
    ...(Object.keys(contexts).length > 0 && !features.namedContexts ? [newer('contexts')] : []),
    ...(hasLayout && features.namedContexts && !features.layouts ? [NO_LAYOUTS] : []),
    ...(use.attest !== undefined && scannerOf(use.attest) !== undefined && !features.attestations ? [NO_SCANNER] : []),
    ...(use.cache !== undefined && !keepsCaches(features) ? [NO_REGISTRY_CACHE] : []),
    ...lacking(cacheFrom, features.cacheImports).map((type) => ({
      option: `cacheFrom (type=${type})`,
      hint: `use a cache of type ${[...features.cacheImports].join(' or ')}`,
    })),
    ...lacking(cacheTo, features.cacheExports).map((type) => ({
      option: `cacheTo (type=${type})`,
      hint: `use a cache of type ${[...features.cacheExports].join(' or ')}; ${CONTAINERD}`,
    })),
    ...neededEntitlements(use)
      .filter((entitlement) => !features.entitlements.has(entitlement))
      .map((entitlement) => ({
        option: `the entitlement ${entitlement}`,
        hint: `allow it on the builder: for a Docker Engine, set "builder": {"entitlements": {"${entitlement.replace('.', '-')}": true}} in its daemon.json; start buildkitd with --allow-insecure-entitlement ${entitlement}`,
      })),
  ]
}

/** The entitlements that a build requests: those that are given, and that of the host's network if it is used. */
export function neededEntitlements({
  network,
  entitlements = [],
}: Pick<BuildRequest, 'network' | 'entitlements'>): readonly Entitlement[] {
  return [...new Set([...(network === 'host' ? (['network.host'] as const) : []), ...entitlements])]
}

function keepsCaches({ cacheImports, cacheExports }: BuilderInfo['features']): boolean {
  return cacheImports.has('registry') && cacheExports.has('registry')
}

function lacking(caches: readonly { readonly type: string }[], types: ReadonlySet<string>): readonly string[] {
  return [...new Set(caches.map(({ type }) => type))].filter((type) => !types.has(type))
}
