import type { ControlClient } from './buildkit/control.js'
import type { BuildKitVersion } from './buildkit/control-schema.js'
import { GrpcError, GrpcStatus } from './buildkit/grpc/grpc-error.js'
import type { BuilderFeatures } from './port.js'

/** Properties of a BuildKit, other than its version, that determine its features. */
export interface BuildKitParts {
  /** Whether it has the exporters that push images. */
  readonly pushes: boolean
  /** Whether it has the source that reads image layouts. */
  readonly layouts: boolean
  /** The types of caches. */
  readonly caches: { readonly imports: readonly string[]; readonly exports: readonly string[] }
  readonly entitlements: BuilderFeatures['entitlements']
}

/** Requests the version of a BuildKit; undefined for those before 0.11, which do not report it. */
export async function requestVersion(
  control: ControlClient,
  signal: AbortSignal | undefined,
): Promise<BuildKitVersion | undefined> {
  try {
    return await control.info({ signal })
  } catch (error) {
    if (error instanceof GrpcError && error.status === GrpcStatus.unimplemented) return undefined
    throw error
  }
}

/** The minor version of `v0.25.1`; infinite for other texts, such as of builds by distributions. */
function minorOf({ version }: BuildKitVersion): number {
  const [, minor] = /^v?0\.([1-9]\d*)\b/.exec(version) ?? []
  return minor === undefined ? Number.POSITIVE_INFINITY : Number(minor)
}

/**
 * Derives the features of a BuildKit from its version and its exporters.
 * Source policies came with 0.11, the first version that BuildKit reports and that of Docker Engine 24. Named contexts
 * and resource limits came shortly before, so a BuildKit without them reports no version. From 0.17 on, BuildKit
 * rejects names that are not UTF-8.
 */
export function featuresOf(
  version: BuildKitVersion | undefined,
  { pushes, layouts, caches, entitlements }: BuildKitParts,
): BuilderFeatures {
  const isNewer = version !== undefined
  return {
    sourcePolicy: isNewer,
    namedContexts: isNewer,
    layouts: isNewer && layouts,
    limits: isNewer,
    pushes: isNewer && pushes,
    attestations: isNewer && pushes,
    rawNames: !isNewer || minorOf(version) < 17,
    cacheImports: new Set(caches.imports),
    cacheExports: new Set(caches.exports),
    entitlements,
  }
}
