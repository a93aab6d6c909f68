import type { BuildKitVersion, ControlClient } from './buildkit/control.js'
import { GrpcError, GrpcStatus } from './buildkit/grpc-error.js'
import type { BuilderFeatures } from './port.js'

/** The kinds of caches that a BuildKit with image exporters can export. */
export const ALL_CACHE_EXPORTS = ['inline', 'registry', 'local', 'gha', 's3', 'azblob'] as const

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

/**
 * What a BuildKit can do, by its version and its exporters. Source policies came with the version that BuildKit reports
 * since 0.11; named contexts and limits shortly before it, so that a BuildKit which has none of them reports no version.
 */
export function featuresOf(
  version: BuildKitVersion | undefined,
  { pushes, cacheExports }: { readonly pushes: boolean; readonly cacheExports: readonly string[] },
): BuilderFeatures {
  const isNewer = version !== undefined
  return {
    sourcePolicy: isNewer,
    namedContexts: isNewer,
    limits: isNewer,
    pushes: isNewer && pushes,
    cacheExports: new Set(cacheExports),
  }
}
