import { normalizePlatform } from '../../model/platform.js'
import type { BuildKitClient } from '../buildkit/client.js'
import { ALL_CACHE_EXPORTS, featuresOf, requestVersion } from '../buildkit-features.js'
import type { BuilderInfo } from '../port.js'
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
    requestVersion(control, signal),
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
    features: featuresOf(version, {
      pushes: usesContainerd,
      cacheExports: CACHE_EXPORTS[usesContainerd ? 'containerd' : 'graphdriver'],
    }),
    ...(dataRoot && { dataRoot }),
  }
}

/** Where the result of a build can be kept as the cache of later ones, by image store. */
const CACHE_EXPORTS = {
  graphdriver: ['inline'],
  containerd: ALL_CACHE_EXPORTS,
} as const
