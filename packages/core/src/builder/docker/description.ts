import { itemsOf, type JsonObject, textOf } from '../../model/json-fields.js'
import { normalizePlatform, type Platform } from '../../model/platform.js'
import { allowedEntitlements } from '../build/allowed-entitlements.js'
import type { BuildKitClient } from '../buildkit/client.js'
import { featuresOf, requestVersion } from '../buildkit-features.js'
import type { BuilderInfo, DescribeCall } from '../port.js'
import type { Connection } from './connection/connection.js'
import { emulatedHere, withOlderVariants } from './runnable.js'

/** Marks the containerd image store in `GET /info`. */
const CONTAINERD_DRIVER = 'io.containerd.snapshotter.v1'

/** Fields of an engine's `/info` about its machine and image store. */
interface EngineDetails {
  /** The kernel's name of the architecture. */
  readonly machine: string | undefined
  readonly usesContainerd: boolean
  readonly dataRoot: string | undefined
  readonly product: string | undefined
}

/** Reads the answer to `GET /info`. */
export function readDetails(answer: JsonObject): EngineDetails {
  const status = itemsOf(answer['DriverStatus']).map(itemsOf)
  return {
    machine: textOf(answer['Architecture']),
    usesContainerd: status.some(([name, value]) => name === 'driver-type' && value === CONTAINERD_DRIVER),
    dataRoot: textOf(answer['DockerRootDir']),
    product: productOf(answer),
  }
}

/** Names of machines that products run their engine on. */
const MACHINES: readonly (readonly [RegExp, string])[] = [
  [/^docker-desktop$/, 'Docker Desktop'],
  [/^colima(-|$)/, 'Colima'],
  [/rancher-desktop/, 'Rancher Desktop'],
  [/^orbstack$/, 'OrbStack'],
]

/** The product that an engine is part of, or `rootless`; undefined for an engine of a Linux machine. */
function productOf(answer: JsonObject): string | undefined {
  const [system = '', machine = ''] = [textOf(answer['OperatingSystem']), textOf(answer['Name'])]
  if (system === 'Docker Desktop' || system === 'OrbStack') return system
  const found = MACHINES.find(([pattern]) => pattern.test(machine))?.[1]
  return found ?? (itemsOf(answer['SecurityOptions']).includes('name=rootless') ? 'rootless' : undefined)
}

/** Requests the description of an engine and the features of its BuildKit. */
export async function describeEngine(
  connection: Connection,
  buildKit: BuildKitClient,
  call: DescribeCall,
): Promise<BuilderInfo> {
  const { signal } = call
  const { engine, api, os, architecture } = await connection.version(signal)
  const [answer, { version, workers, entitlements }] = await Promise.all([
    connection.json({ method: 'GET', path: '/info', signal }),
    describeBuildKit(buildKit, call),
  ])
  const { machine, usesContainerd, dataRoot, product } = readDetails(answer ?? {})
  const native = nativePlatform({ os, architecture, machine })
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
      layouts: usesContainerd,
      caches: CACHES[usesContainerd ? 'containerd' : 'graphdriver'],
      entitlements,
    }),
    ...(dataRoot && { dataRoot }),
    ...(product && { product }),
  }
}

async function describeBuildKit(buildKit: BuildKitClient, call: DescribeCall) {
  const { signal } = call
  const control = await buildKit.control(signal)
  const [version, workers, entitlements] = await Promise.all([
    requestVersion(control, signal),
    control.listWorkers({ signal }),
    allowedEntitlements(control, call),
  ])
  return { version, workers, entitlements }
}

/** The types of caches that builds on a Docker Engine can use, by image store. Others require a separate BuildKit. */
const CACHES = {
  graphdriver: { imports: ['registry', 'local'], exports: ['inline'] },
  containerd: { imports: ['registry', 'local', 'gha'], exports: ['inline', 'registry', 'local', 'gha'] },
} as const

/** Fields of an engine about its machine. */
export interface EngineMachine {
  readonly os: string
  /** The architecture that the engine itself was compiled for: `arm`, without a variant. */
  readonly architecture: string
  /** The kernel's word, as in `uname -m`: `armv6l`. It may be of 64 bits under a system of 32. */
  readonly machine: string | undefined
}

/** Returns the platform of an engine: its own architecture, with the variant from the kernel for arm. */
export function nativePlatform({ os, architecture, machine }: EngineMachine): Platform {
  const own = normalizePlatform({ os, architecture })
  const kernel = normalizePlatform({ os, architecture: machine ?? architecture })
  return own.architecture === kernel.architecture ? kernel : own
}
