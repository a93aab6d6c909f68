import { normalizePlatform } from '../../model/platform.js'
import { allowedEntitlements } from '../allowed-entitlements.js'
import type { BuildKitClient } from '../buildkit/client.js'
import type { BuildKitVersion } from '../buildkit/control.js'
import { GrpcError, GrpcStatus } from '../buildkit/grpc-error.js'
import type { BuilderFeatures, BuilderInfo } from '../port.js'
import type { Connection } from './connection.js'
import { nativePlatform } from './native-platform.js'
import { emulatedHere, withOlderVariants } from './runnable.js'

/** Marks the containerd image store in `GET /info`. */
const CONTAINERD_DRIVER = 'io.containerd.snapshotter.v1'

interface InfoAnswer {
  readonly Architecture?: string
  readonly DriverStatus?: readonly (readonly [name: string, value: string])[]
  readonly DockerRootDir?: string
}

/** Requests what an engine is, and what its BuildKit can do. */
export async function describeEngine(
  connection: Connection,
  buildKit: BuildKitClient,
  signal: AbortSignal | undefined,
): Promise<BuilderInfo> {
  const { engine, api, os, architecture } = await connection.version(signal)
  const control = await buildKit.control(signal)
  const [answer, version, workers, entitlements] = await Promise.all([
    connection.json({ method: 'GET', path: '/info', signal }),
    control.info({ signal }).catch(unlessUnimplemented),
    control.listWorkers({ signal }),
    allowedEntitlements(control, signal),
  ])
  const { Architecture: machine, DriverStatus: status = [], DockerRootDir: dataRoot } = answer as InfoAnswer
  const native = nativePlatform({ os, architecture, machine })
  const usesContainerd = status.some(([name, value]) => name === 'driver-type' && value === CONTAINERD_DRIVER)
  const listed = workers.flatMap(({ platforms }) => platforms.map(normalizePlatform))
  const runnable = listed.length > 0 ? listed : connection.isLocal ? await emulatedHere(native) : undefined
  return {
    address: connection.address,
    version: engine,
    apiVersion: api,
    native,
    runnable: runnable && withOlderVariants([native, ...runnable]),
    imageStore: usesContainerd ? 'containerd' : 'graphdriver',
    features: featuresOf(version, usesContainerd, entitlements),
    ...(dataRoot && { dataRoot }),
  }
}

function unlessUnimplemented(error: unknown): undefined {
  if (error instanceof GrpcError && error.status === GrpcStatus.unimplemented) return undefined
  throw error
}

/** The types of caches that the BuildKit of a Docker Engine has, by image store. Others are for a BuildKit of its own. */
const CACHES = {
  graphdriver: { imports: ['registry', 'local'], exports: ['inline'] },
  containerd: { imports: ['registry', 'local', 'gha'], exports: ['inline', 'registry', 'local', 'gha'] },
} as const

/**
 * BuildKit reports its version since 0.11. Source policies came with that version; named contexts and limits shortly
 * before it, so that an engine which has none of them does not report one either.
 */
function featuresOf(
  version: BuildKitVersion | undefined,
  usesContainerd: boolean,
  entitlements: BuilderFeatures['entitlements'],
): BuilderFeatures {
  const isNewer = version !== undefined
  const { imports, exports } = CACHES[usesContainerd ? 'containerd' : 'graphdriver']
  return {
    sourcePolicy: isNewer,
    namedContexts: isNewer,
    limits: isNewer,
    pushes: isNewer && usesContainerd,
    cacheImports: new Set(imports),
    cacheExports: new Set(exports),
    entitlements,
  }
}
