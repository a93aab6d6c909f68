import { normalizePlatform } from '../../model/platform.js'
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
  const [answer, version, workers] = await Promise.all([
    connection.json({ method: 'GET', path: '/info', signal }),
    control.info({ signal }).catch(unlessUnimplemented),
    control.listWorkers({ signal }),
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
    features: featuresOf(version, usesContainerd),
    ...(dataRoot && { dataRoot }),
  }
}

function unlessUnimplemented(error: unknown): undefined {
  if (error instanceof GrpcError && error.status === GrpcStatus.unimplemented) return undefined
  throw error
}

/** Where the result of a build can be kept as the cache of later ones, by image store. */
const CACHE_EXPORTS = {
  graphdriver: ['inline'],
  containerd: ['inline', 'registry', 'local', 'gha', 's3', 'azblob'],
} as const

/** The second number of a version such as `v0.25.1`; infinite where it is none: builds of distributions may have `v0.0.0`. */
function minorOf({ version }: BuildKitVersion): number {
  const [, minor] = /^v?0\.([1-9]\d*)\b/.exec(version) ?? []
  return minor === undefined ? Number.POSITIVE_INFINITY : Number(minor)
}

/**
 * BuildKit reports its version since 0.11. Source policies came with that version; named contexts and limits shortly
 * before it, so that an engine which has none of them does not report one either. From 0.17 on it checks that names are UTF-8.
 */
function featuresOf(version: BuildKitVersion | undefined, usesContainerd: boolean): BuilderFeatures {
  const isNewer = version !== undefined
  return {
    sourcePolicy: isNewer,
    namedContexts: isNewer,
    limits: isNewer,
    pushes: isNewer && usesContainerd,
    rawNames: !isNewer || minorOf(version) < 17,
    cacheExports: new Set(CACHE_EXPORTS[usesContainerd ? 'containerd' : 'graphdriver']),
  }
}
